"""The patient's page of one visit, by the signed link of its mails."""

import re
from datetime import datetime, timedelta

import pytest
from icalendar import Calendar

from reservo.agenda import links
from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment, AppointmentChange, AppointmentService, Claim
from reservo.booking import operations as booking
from reservo.booking.models import BookingPage, FormField
from reservo.catalog.models import Branch
from reservo.core.clock import now
from reservo.patients.models import PatientDifference
from tests.booking.visitor import TYPED
from tests.cast import STAFF

PLACES = ("", "confirmar", "cancelar", "mover", "cita.ics")


@pytest.fixture
def visit(centre, monday):
    return centre.book(monday, practitioner_id=centre.ana)


def path(centre, visit, place=""):
    with centre.active():
        return links.path_of(visit) + place


def fresh(centre, visit):
    with centre.active():
        return Appointment.objects.select_related("branch", "patient").get(pk=visit.pk)


def everything(centre):
    with centre.active():
        tables = (Appointment, AppointmentChange, AppointmentService, Claim)
        return [list(table.objects.order_by("pk").values()) for table in tables]


def moved_by_staff(centre, visit, hours=1):
    with centre.active():
        there = agenda.Place(
            starts_at=visit.starts_at + timedelta(hours=hours),
            practitioner_id=visit.practitioner_id,
            room_id=visit.room_id,
        )
        return agenda.move(visit.pk, there, by=STAFF, at=now())


def test_the_page_says_what_where_and_when_with_the_offset(centre, visitor, visit):
    page = visitor.open(path(centre, visit))
    assert page.status == 200
    for words in (
        "10:00 hora de Santiago, UTC−3",
        "Consulta",
        "Ana Rojas",
        "Calle Uno 123",
        "Confirmar que voy",
    ):
        assert words in page.text
    assert "José" not in page.text


@pytest.mark.parametrize("method", ["get", "head", "options"])
@pytest.mark.parametrize("place", PLACES)
def test_a_scanner_that_opens_every_link_changes_nothing(centre, visitor, visit, method, place):
    before = everything(centre)
    answer = getattr(visitor.client, method)(path(centre, visit, place))
    assert answer.status_code in (200, 405)
    assert everything(centre) == before


def test_a_button_confirms_and_may_be_pressed_again(centre, visitor, visit):
    visitor.open(path(centre, visit))
    before = visitor.page
    assert "¡Gracias! Tu cita quedó confirmada." in visitor.press("Confirmar que voy").text
    assert fresh(centre, visit).state == "confirmed"
    visitor.page = before
    assert "¡Gracias!" in visitor.press("Confirmar que voy").text
    with centre.active():
        change = AppointmentChange.objects.get(action="state")
        assert (change.actor, change.channel, change.after) == ("patient", "link", change.after)


def test_a_button_cancels_frees_the_time_and_may_be_pressed_again(centre, visitor, visit):
    visitor.open(path(centre, visit))
    visitor.follow("Cancelar la cita")
    asked = visitor.page
    assert "¿Cancelar esta cita?" in asked.text
    assert "UTC−3" in asked.text
    assert "Tu cita quedó cancelada." in visitor.press("Sí, cancelar").text
    assert fresh(centre, visit).state == "suspended"
    with centre.active():
        assert not Claim.objects.exists()
    visitor.page = asked
    assert "Tu cita quedó cancelada." in visitor.press("Sí, cancelar").text
    assert visitor.open(path(centre, visit, "cancelar")).status == 200


def test_a_cancelled_visit_cannot_be_confirmed_or_moved(centre, visitor, visit, monday):
    with centre.active():
        booking.cancel_own(fresh(centre, visit), at=now())
    assert visitor.post(path(centre, visit, "confirmar"), {}).status == 409
    later = {"inicio": (monday + timedelta(hours=1)).isoformat()}
    assert visitor.post(path(centre, visit, "mover"), later).status == 409
    assert fresh(centre, visit).state == "suspended"
    assert "Esta cita está cancelada." in visitor.open(path(centre, visit)).text


def test_a_visit_deleted_by_staff_shows_as_cancelled(centre, visitor, visit):
    with centre.active():
        agenda.change_state(visit.pk, "deleted", by=STAFF, at=now())
    page = visitor.open(path(centre, visit))
    assert "Esta cita está cancelada." in page.text
    assert visitor.post(path(centre, visit, "confirmar"), {}).status == 409


def test_the_patient_moves_the_visit_to_an_offered_time(centre, visitor, visit, monday):
    visitor.open(path(centre, visit))
    visitor.follow("Cambiar la hora")
    visitor.open("?dia=" + monday.date().isoformat())
    asked = visitor.page
    assert "UTC−3" in asked.text
    visitor.press("12:00")
    assert "Listo: tu cita tiene nueva hora." in visitor.page.text
    moved = fresh(centre, visit)
    assert (moved.starts_at, moved.time_version) == (monday + timedelta(hours=2), 2)
    visitor.page = asked
    assert "Listo: tu cita tiene nueva hora." in visitor.press("12:00").text
    assert fresh(centre, visit).time_version == 2


def test_a_time_taken_meanwhile_leaves_the_visit_where_it_was(centre, visitor, visit, monday):
    centre.book(monday + timedelta(hours=2))
    wanted = {"inicio": (monday + timedelta(hours=2)).isoformat()}
    page = visitor.post(path(centre, visit, "mover"), wanted)
    assert page.status == 409
    assert "Tu cita sigue donde estaba" in page.text
    assert fresh(centre, visit).starts_at == monday


@pytest.mark.parametrize(
    "hour", ["", "ayer", "{d}T10:07:00-03:00", "{d}T03:00:00-03:00", "2020-01-01T10:00:00Z"]
)
def test_a_time_that_is_not_offered_is_refused(centre, visitor, visit, monday, hour):
    page = visitor.post(path(centre, visit, "mover"), {"inicio": hour.format(d=monday.date())})
    assert page.status == 422
    assert fresh(centre, visit).starts_at == monday


def test_a_long_visit_moves_only_to_where_its_whole_length_fits(centre, visitor, monday):
    both = centre.book(monday, service_ids=(centre.consultation, centre.control), practitioner_id=centre.ana)
    centre.book(monday + timedelta(hours=2), service_ids=(centre.consultation,))
    visitor.open(path(centre, both, "mover") + "?dia=" + monday.date().isoformat())
    assert not any("T11:30" in value for value in visitor.times)
    assert any("T11:00" in value for value in visitor.times)
    assert visitor.press("11:00").status == 200
    assert fresh(centre, both).duration_minutes == 50


@pytest.mark.parametrize("place", ["confirmar", "cancelar", "mover"])
def test_a_link_from_before_a_move_shows_the_new_time_and_asks_again(centre, visitor, visit, monday, place):
    old = path(centre, visit, place)
    moved_by_staff(centre, visit)
    before = everything(centre)
    page = visitor.post(old, {"inicio": (monday + timedelta(hours=3)).isoformat()})
    assert page.status == 409
    assert "Tu cita cambió de hora después de este mensaje." in page.text
    assert "11:00 hora de Santiago" in page.text
    assert everything(centre) == before
    visitor.press("Confirmar que voy")
    assert fresh(centre, visit).state == "confirmed"


def test_an_old_link_opened_shows_the_new_time(centre, visitor, visit):
    old = path(centre, visit)
    moved_by_staff(centre, visit)
    for place in ("", "cancelar", "mover"):
        page = visitor.open(old + place)
        assert page.status == 200
        assert "Tu cita cambió de hora" in page.text
        assert "11:00" in page.text


@pytest.mark.parametrize("place", ["cancelar", "mover"])
def test_a_cancelled_visit_says_just_that(centre, visitor, visit, place):
    with centre.active():
        booking.cancel_own(visit, at=now())
    page = visitor.open(path(centre, visit, place))
    assert "Esta cita está cancelada." in page.text
    assert "Ya no se puede" not in page.text


def test_a_refused_move_stays_on_the_day_that_was_wanted(centre, visitor, visit, monday):
    wanted = monday + timedelta(days=2)
    visitor.open(path(centre, visit, "mover"), dia=wanted.date().isoformat())
    centre.book(wanted, practitioner_id=centre.ana)
    refused = visitor.press_value(next(at for at in visitor.times if datetime.fromisoformat(at) == wanted))
    assert refused.status == 409
    assert {datetime.fromisoformat(at).date() for at in visitor.times} == {wanted.date()}


@pytest.mark.parametrize("place", ["cancelar", "mover"])
def test_after_the_cut_off_the_page_gives_the_telephone(centre, visitor, visit, monday, place):
    with centre.active():
        BookingPage.objects.update(cancel_cutoff_minutes=60 * 24 * 60, move_cutoff_minutes=60 * 24 * 60)
    before = everything(centre)
    assert "+56 2 2345 6789" in visitor.open(path(centre, visit, place)).text
    page = visitor.post(path(centre, visit, place), {"inicio": (monday + timedelta(hours=1)).isoformat()})
    assert page.status == 409
    assert "Ya no se puede cambiar en línea." in page.text
    assert everything(centre) == before


def test_after_both_cut_offs_the_visit_says_whom_to_call_instead_of_falling_silent(centre, visitor, visit):
    note = "Ya no se puede cambiar en línea. Llámanos al +56 2 2345 6789."
    assert note not in visitor.open(path(centre, visit)).text
    with centre.active():
        BookingPage.objects.update(cancel_cutoff_minutes=60 * 24 * 60, move_cutoff_minutes=60 * 24 * 60)
    assert note in visitor.open(path(centre, visit)).text
    with centre.active():
        Appointment.objects.update(state="arrived")
    assert note not in visitor.open(path(centre, visit)).text


def test_after_the_cut_off_nobody_is_asked_whether_to_cancel(centre, visitor, visit):
    with centre.active():
        BookingPage.objects.update(cancel_cutoff_minutes=60 * 24 * 60)
    page = visitor.open(path(centre, visit, "cancelar")).text
    assert "¿Cancelar esta cita?" not in page
    assert "Ya no se puede cancelar en línea." in page


def test_each_cut_off_is_its_own(centre, visitor, visit):
    with centre.active():
        BookingPage.objects.update(cancel_cutoff_minutes=60 * 24 * 60, move_cutoff_minutes=60)
    page = visitor.open(path(centre, visit))
    assert "Cambiar la hora" in page.text
    assert "Cancelar la cita" not in page.text


@pytest.mark.parametrize("place", PLACES)
def test_the_link_works_until_the_visit_ends_and_is_kind_afterwards(centre, visitor, place):
    running = centre.book(
        now().replace(second=0, microsecond=0, minute=0) - timedelta(minutes=5), duration_minutes=120
    )
    assert visitor.open(path(centre, running)).status == 200
    over = centre.book(now().replace(second=0, microsecond=0, minute=0) - timedelta(hours=6))
    before = everything(centre)
    for page in (visitor.open(path(centre, over, place)), visitor.post(path(centre, over, place), {})):
        assert page.status in (410, 405)
        assert page.status == 405 or "Esta cita ya pasó" in page.text
        assert "Consulta" not in page.text
        assert any("Pedir hora" in words for _, words in page.links)
    assert everything(centre) == before


def test_a_late_patient_still_confirms_while_the_visit_runs(centre, visitor):
    running = centre.book(
        now().replace(second=0, microsecond=0, minute=0) - timedelta(minutes=5), duration_minutes=120
    )
    assert visitor.post(path(centre, running, "confirmar"), {}).status == 200
    assert fresh(centre, running).state == "confirmed"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "alter",
    [
        lambda t: t[:-1] + "x",
        lambda t: t[:20],
        lambda t: "x",
        lambda t: t.replace(".1~", ".2~"),
        lambda t: "%00" + t,
    ],
)
def test_an_altered_link_is_kind_and_changes_nothing(centre, visitor, visit, place, alter):
    with centre.active():
        token = links.token_of(visit)
    before = everything(centre)
    for call in (visitor.open, lambda url: visitor.post(url, {})):
        page = call(centre.url(f"v/{alter(token)}/{place}"))
        assert page.status in (404, 405)
        if page.status == 404:
            assert "Este enlace no lleva a ninguna cita" in page.text
    assert everything(centre) == before


@pytest.mark.parametrize("place", PLACES)
def test_another_centres_link_is_kind_and_changes_nothing(centre, other, visitor, visit, monday, place):
    foreign = other.book(monday)
    with other.active():
        token = links.token_of(foreign)
    before = everything(centre), everything(other)
    for call in (visitor.open, lambda url: visitor.post(url, {})):
        assert call(centre.url(f"v/{token}/{place}")).status in (404, 405)
    assert (everything(centre), everything(other)) == before


def test_the_signature_of_one_visit_opens_no_other(centre, visitor, visit, monday):
    second = centre.book(monday + timedelta(hours=1))
    with centre.active():
        mine, theirs = links.token_of(visit), links.token_of(second)
    mixed = theirs.split("~")[0] + "~" + mine.split("~")[1]
    assert visitor.open(centre.url(f"v/{mixed}/")).status == 404


def test_the_calendar_file_carries_the_zone_and_the_link(centre, visitor, visit, monday):
    answer = visitor.client.get(path(centre, visit, "cita.ics"))
    assert answer["Content-Type"].startswith("text/calendar")
    event = Calendar.from_ical(answer.content).walk("VEVENT")[0]
    assert event["DTSTART"].dt == monday
    assert event["DTSTART"].dt.utcoffset() == timedelta(hours=-3)
    assert Calendar.from_ical(answer.content).walk("VTIMEZONE")
    with centre.active():
        assert str(event["URL"]) == links.manage_url(visit, "es")


def test_a_visit_without_telephone_says_whom_to_ask(centre, visitor, visit):
    with centre.active():
        Branch.objects.update(phone="")
        BookingPage.objects.update(cancel_cutoff_minutes=60 * 24 * 60)
    page = visitor.post(path(centre, visit, "cancelar"), {})
    assert "Contáctanos directamente" in page.text


def test_wrong_methods_are_answered_kindly(centre, visitor, visit):
    for place, method in (
        ("", "post"),
        ("confirmar", "get"),
        ("mover", "put"),
        ("cancelar", "delete"),
        ("cita.ics", "post"),
    ):
        answer = getattr(visitor.client, method)(path(centre, visit, place))
        assert answer.status_code == 405
        assert answer["Allow"]
        assert "No entendimos la solicitud" in answer.content.decode()


def test_the_done_page_promises_the_mail_the_centre_sends(centre, visitor, visit):
    from reservo.crm.models import AutomaticMail

    assert "Te escribiremos en 5 minutos" in visitor.open(path(centre, visit) + "?lista=1").text
    with centre.active():
        AutomaticMail.objects.update(confirmation_delay_minutes=60)
    assert "Te escribiremos en 60 minutos" in visitor.open(path(centre, visit) + "?lista=1").text
    with centre.active():
        AutomaticMail.objects.update(confirmation_on=False)
    assert "Te escribiremos" not in visitor.open(path(centre, visit) + "?lista=1").text


@pytest.fixture
def booked(centre, visitor, monday):
    """The page that ends a booking, and its visit."""
    visitor.hold(monday)
    page = visitor.press("Reservar", **TYPED)
    with centre.active():
        return page, Appointment.objects.get(origin="web")


def mark_in(page):
    return re.search(r"lista=([^&]+)", next(form.action for form in page.forms if "/correo" in form.action))[
        1
    ]


def test_who_booked_reads_where_the_mail_goes_and_a_link_from_elsewhere_does_not_tell(
    centre, visitor, booked
):
    page, visit = booked
    assert "Tu correo: rosa@paciente.example ¿No es tu correo?" in page.text
    for asked in ("", "?lista=1", f"?lista={'x' * 300}", "?hecho=mail"):
        assert "rosa@" not in visitor.open(path(centre, visit) + asked).text


def test_the_address_is_shown_of_no_other_visit_and_for_no_longer_than_half_an_hour(
    centre, visitor, visit, booked, at_time
):
    page, mine = booked
    asked = f"?lista={mark_in(page)}"
    assert "rosa@" in visitor.open(path(centre, mine) + asked).text
    assert "@" not in visitor.open(path(centre, visit) + asked).text
    at_time.forward(minutes=31)
    assert "rosa@" not in visitor.open(path(centre, mine) + asked).text
    late = visitor.post(path(centre, mine, "correo") + asked, {"email": "otra@paciente.example"})
    assert (late.status, "Ya no se puede corregir el correo" in late.text) == (409, True)
    assert fresh(centre, mine).contact_email == "rosa@paciente.example"


def test_a_slip_in_the_address_is_corrected_and_the_mail_goes_there_alone(
    centre, visitor, booked, post, at_time
):
    _page, visit = booked
    page = visitor.press("Corregir", email=" Rosa.Soto@Paciente.example ")
    assert "Listo: corregimos tu correo." in page.text
    assert "Tu correo: Rosa.Soto@paciente.example" in page.text
    at_time.forward(minutes=6)
    post.work(centre)
    assert post.recipients == ["Rosa.Soto@paciente.example"]
    with centre.active():
        assert PatientDifference.objects.filter(field="email", appointment_id=visit.pk).count() == 1
        line = AppointmentChange.objects.filter(appointment=visit).last()
        assert (line.actor, line.before) == ("patient", {"contact_email": "rosa@paciente.example"})


def test_a_mail_that_left_already_is_sent_to_the_corrected_address_too(
    centre, visitor, booked, post, at_time
):
    at_time.forward(minutes=6)
    post.work(centre)
    visitor.press("Corregir", email="soto@paciente.example")
    post.work(centre)
    assert post.recipients == ["rosa@paciente.example", "soto@paciente.example"]


@pytest.mark.parametrize("typed", ["", "rosa", "rosa@", "ñandú@paciente.example", "a@b.c\x00", "x" * 300])
def test_what_is_no_address_is_said_at_the_field_and_keeps_what_was_typed(centre, visitor, booked, typed):
    page = visitor.press("Corregir", email=typed)
    assert page.status == 422
    assert 'id="id_email_error"' in page.response.content.decode()
    assert fresh(centre, booked[1]).contact_email == "rosa@paciente.example"


def test_corrections_are_few_since_each_may_send_a_mail(centre, visitor, booked):
    for number in range(3):
        assert visitor.press("Corregir", email=f"rosa{number}@paciente.example").status == 200
    page = visitor.press("Corregir", email="rosa3@paciente.example")
    assert (page.status, "Ya no se puede corregir el correo" in page.text) == (409, True)
    assert fresh(centre, booked[1]).contact_email == "rosa2@paciente.example"


def test_without_an_address_no_mail_is_promised(centre, visitor, monday):
    with centre.active():
        FormField.objects.filter(field="email").update(is_required=False)
    visitor.hold(monday)
    page = visitor.press("Reservar", **{**TYPED, "email": ""})
    assert ("¡Hora reservada!" in page.text, "Te escribi" in page.text) == (True, False)


def test_moving_begins_on_the_day_of_the_visit_not_on_the_first_free_one(centre, visitor, monday):
    visit = centre.book(monday + timedelta(days=2), practitioner_id=centre.ana)
    html = visitor.open(path(centre, visit, "mover")).response.content.decode()
    assert re.findall(r'dia=([\d-]+)[^"]*"\s+aria-current="date"', html) == [str(visit.local_date)]
