"""What no patient sends: it is answered in the user's language, and nothing is lost, changed or broken."""

import pytest

from reservo.agenda.models import Appointment, Hold
from tests.booking.visitor import TYPED, Visitor

MEGABYTES = 10 * 1024 * 1024
FORMS = ("reservar/hora", "reservar/datos", "v/x/confirmar", "v/x/cancelar", "v/x/correo", "v/x/mover")


@pytest.mark.parametrize("address", FORMS)
def test_a_body_of_10_mb_is_refused_kindly(centre, visitor, address):
    page = visitor.post(address, {"comment": "x" * MEGABYTES})
    assert page.status in (400, 413)
    if page.status == 413:
        assert "Es demasiado largo" in page.text
    body = "comment=" + "x" * MEGABYTES
    page = visitor.post(address, body, content_type="application/x-www-form-urlencoded")
    assert page.status == 413
    assert "Es demasiado largo" in page.text


@pytest.mark.parametrize("address", FORMS)
def test_thousands_of_fields_are_refused_kindly(centre, visitor, address):
    body = "&".join(f"f{n}=1" for n in range(5_000))
    assert visitor.post(address, body, content_type="application/x-www-form-urlencoded").status == 413


@pytest.mark.parametrize("address", FORMS)
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"{", "application/json"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"abc", "multipart/form-data"),
        (b"a=%ff%00", "application/x-www-form-urlencoded"),
    ],
)
def test_a_broken_body_is_refused_kindly(centre, visitor, address, body, kind):
    page = visitor.post(address, body, content_type=kind)
    assert 400 <= page.status < 500


@pytest.mark.parametrize(
    "name", ["given_name", "email", "phone", "national_id", "comment", "privacy_accepted"]
)
@pytest.mark.parametrize(
    "text", ["\x00", "\x1b[31m", "x" * 200_000, "\ud800".encode("utf-8", "replace").decode(), "😀" * 90]
)
def test_no_text_in_any_field_breaks_the_form(centre, visitor, monday, name, text):
    visitor.hold(monday)
    page = visitor.press("Reservar", **{**TYPED, name: text})
    assert page.status in (200, 422)
    assert "\x00" not in page.response.content.decode()


def test_a_forged_host_is_refused_and_never_shown(centre, visitor):
    answer = visitor.client.get(centre.url(), headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert b"evil" not in answer.content
    assert not answer.cookies


def test_links_never_come_from_the_host_of_the_request(centre, visitor, monday):
    visitor.hold(monday)
    visitor.press("Reservar", **TYPED)
    for _ in range(1):
        assert "testserver" not in visitor.page.response.content.decode()
    assert b"testserver" not in visitor.client.get(centre.url("embed.js")).content


def test_unknown_addresses_set_no_cookie(centre, visitor):
    for path in ("no-existe", "v/", "v/x/", "reservar/", "reservar/nada"):
        answer = visitor.client.get(centre.url(path))
        assert answer.status_code in (404, 405)
        assert not answer.cookies


@pytest.mark.parametrize("path", ["", "privacidad", "theme.css", "embed.js"])
@pytest.mark.parametrize("query", ["lang=xx", "lang=\x00", "lang[]=es", "f=<script>", "%00=%00", "a" * 3000])
def test_no_query_breaks_a_page(centre, visitor, path, query):
    assert visitor.client.get(f"{centre.url(path)}?{query}").status_code == 200


def test_a_cookie_of_staff_changes_nothing_on_the_booking_page(centre, monday):
    client = centre.client("administrator")
    answer = client.get(centre.url())
    assert answer.status_code == 200
    assert not answer.cookies
    assert "Vary" not in answer or "Cookie" not in answer["Vary"]


def test_pages_for_patients_are_never_kept_by_caches(centre, visitor, monday):
    assert visitor.open().response["Cache-Control"] == "no-store"
    assert visitor.hold(monday).response["Cache-Control"] == "no-store"


def test_a_gap_and_a_second_fold_of_the_clocks_are_neither_offered_nor_held(control):
    from datetime import datetime, timedelta, timezone

    from reservo.catalog.models import WorkingPeriod
    from tests.cast import make_cast

    centre = make_cast(zone="America/Santiago")
    try:
        with centre.active():
            from reservo.booking.models import BookingPage

            BookingPage.objects.update(horizon_days=730)
            for weekday in (5, 6):
                WorkingPeriod.objects.create(
                    practitioner_id=centre.ana,
                    branch_id=centre.branch,
                    weekday=weekday,
                    starts_minute=0,
                    ends_minute=1440,
                )
        visitor = Visitor(centre)
        visitor.to_times(datetime(2027, 4, 3).date(), practitioner=centre.ana)
        eleven = [value for value in visitor.times if "2027-04-03T23:" in value]
        assert eleven
        assert {value[-6:] for value in eleven} == {"-03:00"}
        form = visitor.page.forms[0]
        second = datetime(2027, 4, 3, 23, 0, tzinfo=timezone(timedelta(hours=-4)))
        assert visitor.post(form.action, {**form.fields, "inicio": second.isoformat()}).status == 422
        visitor.to_times(datetime(2027, 9, 5).date(), practitioner=centre.ana)
        assert not any("2027-09-05T00:" in value for value in visitor.times)
        with centre.active():
            assert not Hold.objects.exists()
            assert not Appointment.objects.exists()
    finally:
        centre.end()
