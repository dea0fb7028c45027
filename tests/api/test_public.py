"""What is bookable, when, and booking it: shapes and refusals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from reservo import tenancy
from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment, Claim, Hold
from reservo.booking import operations as booking
from reservo.booking.models import BookingPage, FormField
from reservo.booking.operations import OnlineBooking
from reservo.catalog.models import Service, ServicePractitioner
from reservo.core import zones
from reservo.core.clock import now
from reservo.patients.fields import PatientFields
from reservo.patients.models import Patient
from tests.api.conftest import Program
from tests.cast import STAFF

SANTIAGO = "America/Santiago"


def problem(answer, status):
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    content = answer.json()
    assert content["type"] == "about:blank"
    assert content["status"] == status
    assert content["title"]
    return content


def errors(answer):
    found = problem(answer, 422)["errors"]
    assert all(set(one) == {"field", "code", "message"} for one in found)
    return {(one["field"], one["code"]) for one in found}


def nothing_was_made(centre):
    with centre.active():
        return (
            not Appointment.objects.exists() and not Claim.objects.exists() and Patient.objects.count() == 1
        )


def test_the_centre_shows_what_is_bookable_online(centre, program):
    with centre.active():
        Service.objects.filter(pk=centre.procedure).update(is_online=False)
    assert program.get().json() == {
        "name": "Clínica de Prueba",
        "zone": SANTIAGO,
        "language": "es",
        "step_minutes": 15,
        "branches": [{"id": centre.branch, "name": "Centro", "zone": SANTIAGO}],
        "services": [
            {
                "id": centre.consultation,
                "name": "Consulta",
                "duration_minutes": 30,
                "price_minor": 25_000,
                "currency": "CLP",
                "branches": [centre.branch],
                "practitioners": [centre.ana, centre.beto],
            },
            {
                "id": centre.control,
                "name": "Control",
                "duration_minutes": 20,
                "price_minor": 15_000,
                "currency": "CLP",
                "branches": [centre.branch],
                "practitioners": [centre.ana, centre.beto],
            },
        ],
        "practitioners": [{"id": centre.ana, "name": "Ana Rojas"}, {"id": centre.beto, "name": "Beto Díaz"}],
        "form": [
            {"field": "given_name", "required": True},
            {"field": "paternal_surname", "required": True},
            {"field": "maternal_surname", "required": False},
            {"field": "email", "required": True},
            {"field": "phone", "required": True},
            {"field": "national_id", "required": False},
            {"field": "comment", "required": False},
        ],
    }


def test_availability_gives_every_date_once_with_instants_and_their_offset(centre, program, monday):
    saturday = zones.local_date(monday, SANTIAGO) + timedelta(days=5)
    found = program.times(saturday - timedelta(days=1), saturday + timedelta(days=2)).json()
    assert found["zone"] == SANTIAGO
    assert [day["date"] for day in found["days"]] == [
        (saturday + timedelta(days=n)).isoformat() for n in (-1, 0, 1, 2)
    ]
    friday = found["days"][0]["times"]
    assert friday[0] == {
        "starts_at": f"{saturday - timedelta(days=1)}T09:00:00-03:00",
        "practitioners": [centre.ana, centre.beto],
    }
    assert len(friday) == 15 + 15
    assert [day["times"] for day in found["days"][1:3]] == [[], []]


def test_availability_of_one_practitioner_leaves_out_what_is_taken(centre, program, monday):
    centre.book(monday)
    day = zones.local_date(monday, SANTIAGO)
    taken = zones.local(monday, SANTIAGO).isoformat()
    mine = program.times(day, practitioner=centre.ana).json()["days"][0]["times"]
    both = program.times(day).json()["days"][0]["times"]
    assert taken not in {one["starts_at"] for one in mine}
    assert {one["starts_at"]: one["practitioners"] for one in both}[taken] == [centre.beto]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"service": "x"}, {("service", "invalid")}),
        ({"service": ""}, {("service", "required")}),
        ({"service": 999_999}, {("service", "unknown")}),
        ({"service": "9" * 30}, {("service", "invalid")}),
        ({"service": "٣"}, {("service", "invalid")}),
        ({"branch": 999_999}, {("branch", "unknown")}),
        ({"branch": "0"}, {("branch", "invalid")}),
        ({"practitioner": 999_999}, {("practitioner", "unknown")}),
        ({"practitioner": "-1"}, {("practitioner", "invalid")}),
        ({"from": "mañana"}, {("from", "invalid")}),
        ({"from": "2026-02-30"}, {("from", "invalid")}),
        ({"from": "20260201"}, {("from", "invalid")}),
        ({"from": "2026-02-01T00:00:00"}, {("from", "invalid")}),
        ({"from": "0001-01-01"}, {("from", "out_of_range")}),
        ({"to": "9999-12-31"}, {("to", "out_of_range")}),
        ({"to": "2026-01-01"}, {("to", "before_from")}),
    ],
)
def test_a_question_that_cannot_be_meant_names_its_field(program, changes, wrong):
    asked = {"from": "2026-12-01", "to": "2026-12-02", **changes}
    question = {"service": program.cast.consultation, "branch": program.cast.branch, **asked}
    assert errors(program.get("/availability", **question)) == wrong


def test_62_days_are_answered_and_63_are_not(program, monday):
    first = monday.date()
    answer = program.times(first, first + timedelta(days=61))
    assert len(answer.json()["days"]) == 62
    assert errors(program.times(first, first + timedelta(days=62))) == {("to", "too_long")}


def test_messages_are_in_the_callers_language(centre, monday):
    said = {
        language: Program(centre, **{"accept-language": language}).times("x").json()["errors"][0]["message"]
        for language in (
            "es-CL,es;q=0.9",
            "en-GB",
            "fr, en;q=0.5",
            "en;q=0.2, es",
            "en;q=0, de",
            "de",
            ";;,=",
        )
    }
    assert said == {
        "es-CL,es;q=0.9": "Tiene que ser una fecha: AAAA-MM-DD.",
        "en-GB": "It must be a date: YYYY-MM-DD.",
        "fr, en;q=0.5": "It must be a date: YYYY-MM-DD.",
        "en;q=0.2, es": "Tiene que ser una fecha: AAAA-MM-DD.",
        "en;q=0, de": "Tiene que ser una fecha: AAAA-MM-DD.",
        "de": "Tiene que ser una fecha: AAAA-MM-DD.",
        ";;,=": "Tiene que ser una fecha: AAAA-MM-DD.",
    }
    refused = Program(centre, **{"accept-language": "en"}).book(monday, patient={"phone": "12"}).json()
    assert refused["title"] == "Some fields cannot be accepted"
    assert refused["errors"][0]["message"].startswith("This phone")


def test_booking_answers_with_number_times_and_links(centre, program, monday):
    answer = program.book(monday)
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == "application/json"
    made = answer.json()
    links = made.pop("links")
    assert made == {
        "number": 1,
        "starts_at": zones.local(monday, SANTIAGO).isoformat(),
        "ends_at": zones.local(monday + timedelta(minutes=30), SANTIAGO).isoformat(),
        "zone": SANTIAGO,
        "branch": centre.branch,
        "service": centre.consultation,
        "practitioner": centre.ana,
    }
    assert set(links) == {"manage", "ics"}
    for link in links.values():
        path = link.removeprefix("http://127.0.0.1:8000")
        assert path.startswith(f"/{centre.slug}/v/")
        assert path.endswith("?lang=es")
        assert centre.client().get(path).status_code == 200
    with centre.active():
        visit = Appointment.objects.get()
        assert (visit.origin, visit.comment, visit.patient.national_id_folded) == (
            *("api", "Primera vez"),
            "98765433",
        )


@pytest.mark.parametrize("hours", [-12, -3, 0, 5.5, 14])
def test_an_instant_counts_in_whatever_offset_it_is_written(centre, program, monday, hours):
    written = monday.astimezone(timezone(timedelta(hours=hours))).isoformat()
    assert program.book(written).json()["starts_at"] == zones.local(monday, SANTIAGO).isoformat()


@pytest.mark.parametrize("ending", ["Z", "z", ".000Z", "+00:00", "-00:00"])
def test_an_instant_in_utc_may_end_as_the_standard_says(program, monday, ending):
    assert program.book(f"{monday:%Y-%m-%dT%H:%M:%S}{ending}").status_code == 201


def test_without_a_practitioner_anybody_free_is_taken(centre, program, monday):
    first, second = (program.book(monday, practitioner=None).json()["practitioner"] for _ in range(2))
    assert {first, second} == {centre.ana, centre.beto}
    assert problem(program.book(monday, practitioner=None), 409)


def test_a_time_that_is_taken_or_held_is_a_conflict(centre, program, monday):
    centre.book(monday)
    assert problem(program.book(monday), 409)
    assert problem(program.book(monday + timedelta(minutes=15)), 409)
    assert program.book(monday + timedelta(minutes=30)).status_code == 201


def test_a_time_that_a_form_holds_is_a_conflict_until_the_hold_ends(centre, program, monday):
    wanted = OnlineBooking(
        branch_id=centre.branch,
        service_id=centre.consultation,
        practitioner_id=centre.ana,
        starts_at=monday,
        patient=PatientFields(),
    )
    with centre.active():
        booking.hold_online(wanted, address_hash="a", form_id="f", at=now())
    assert problem(program.book(monday), 409)
    with centre.active(), tenancy.atomic():
        Hold.objects.update(expires_at=now())
    assert program.book(monday).status_code == 201


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (None, "required"),
        ("", "invalid"),
        (7, "invalid"),
        ("ayer", "invalid"),
        ("2026-12-01T09:00:00", "invalid"),
        ("2026-12-01", "invalid"),
        ("2026-13-01T09:00:00Z", "invalid"),
        ("2026-12-01T24:00:00Z", "invalid"),
        ("2026-12-01T09:00:00+99:00", "invalid"),
        ("0001-01-01T00:00:00+14:00", "invalid"),
        ("9999-12-31T23:59:59-12:00", "invalid"),
        ("２０２６-12-01T09:00:00Z", "invalid"),
        ("2026-W49-2T09:00:00Z", "invalid"),
        ("2026-12-01T09:00:00Z\u0000", "invalid"),
        ("2024-01-08T13:00:00Z", "not_offered"),
        ("2001-01-01T13:00:00Z", "too_far"),
        ("2199-01-01T13:00:00Z", "too_far"),
    ],
)
def test_a_start_that_cannot_be_meant_is_refused(centre, program, written, code):
    assert errors(program.post({**program.body(None), "starts_at": written})) == {("starts_at", code)}
    assert nothing_was_made(centre)


@pytest.mark.parametrize(
    ("minutes", "code"),
    [
        (1, "off_step"),
        (0.5, "off_step"),
        (5, "not_offered"),
        (-90, "not_offered"),
        (3 * 60, "not_offered"),
        (5 * 24 * 60, "not_offered"),
        (400 * 24 * 60, "not_offered"),
    ],
    ids=["minute", "second", "step", "before hours", "lunch", "saturday", "horizon"],
)
def test_a_time_outside_the_rules_is_refused(centre, program, monday, minutes, code):
    assert errors(program.book(monday + timedelta(minutes=minutes))) == {("starts_at", code)}
    assert nothing_was_made(centre)


def test_a_time_on_a_block_is_refused(centre, program, monday):
    lunch = agenda.Blocking(
        title="Reunión",
        day=zones.local_date(monday, SANTIAGO),
        minute=9 * 60 + 45,
        duration_minutes=60,
        zone=SANTIAGO,
        branch_id=centre.branch,
    )
    with centre.active():
        agenda.block(lunch, by=STAFF, at=now())
    assert errors(program.book(monday)) == {("starts_at", "not_offered")}


def test_the_second_fold_and_the_gap_of_the_clocks_are_refused(program):
    """Santiago, 2027: on 4 April 00:00 comes twice; on 5 September it does not come."""
    first_midnight = datetime(2027, 4, 4, 3, 0, tzinfo=UTC)
    assert errors(program.book(first_midnight + timedelta(minutes=15))) == {("starts_at", "second_fold")}
    assert errors(program.book("2027-09-05T00:15:00-04:00")) == {("starts_at", "not_offered")}


@pytest.mark.parametrize("field", ["service", "branch", "practitioner"])
@pytest.mark.parametrize(
    ("value", "code"),
    [
        (999_999, "unknown"),
        (0, "invalid"),
        (-1, "invalid"),
        (2**63, "invalid"),
        (10**30, "invalid"),
        ("1", "invalid"),
        (True, "invalid"),
        (1.5, "invalid"),
        ([], "invalid"),
        ({}, "invalid"),
    ],
    ids=str,
)
def test_an_id_that_names_nothing_is_refused(centre, program, monday, field, value, code):
    assert errors(program.book(monday, **{field: value})) == {(field, code)}
    assert nothing_was_made(centre)


def test_ids_of_another_centre_are_unknown(centre, program, other, monday):
    with other.active(), tenancy.atomic():
        far = Service.objects.create(pk=5_000, name="Ajeno", duration_minutes=30, price_minor=1)
        ServicePractitioner.objects.create(practitioner_id=other.ana, service=far)
    assert errors(program.book(monday, service=5_000)) == {("service", "unknown")}
    assert Program(other).book(monday, service=5_000).status_code == 201
    assert nothing_was_made(centre)


@pytest.mark.parametrize(
    ("patient", "wrong"),
    [
        ({"given_name": ""}, {("patient.given_name", "required")}),
        ({"given_name": "\u0000\u0007 \u202e"}, {("patient.given_name", "required")}),
        ({"given_name": 7}, {("patient.given_name", "invalid")}),
        ({"given_name": "á" * 81}, {("patient.given_name", "too_long")}),
        ({"given_name": "x" * 5_000}, {("patient.given_name", "too_long")}),
        ({"paternal_surname": ""}, {("patient.paternal_surname", "required")}),
        ({"email": "rosa@"}, {("patient.email", "invalid_email")}),
        ({"email": "rosa@x.example\r\nBcc: all@x.example"}, {("patient.email", "invalid_email")}),
        ({"phone": "no tengo"}, {("patient.phone", "invalid_phone")}),
        ({"phone": ""}, {("patient.phone", "required")}),
        ({"national_id": "9.876.543-9"}, {("patient.national_id", "invalid_national_id")}),
        ({"country": "Chile"}, {("patient.country", "invalid")}),
        ({"country": "12"}, {("patient.country", "invalid")}),
        ({"foreigner": "no"}, {("patient.foreigner", "invalid")}),
        ({"birth_date": "31/12/1980"}, {("patient.birth_date", "invalid")}),
        ({"birth_date": "2999-01-01"}, {("patient.birth_date", "out_of_range")}),
        (
            {"email": "x", "phone": "x", "national_id": "x"},
            {
                ("patient.email", "invalid_email"),
                ("patient.phone", "invalid_phone"),
                ("patient.national_id", "invalid_national_id"),
            },
        ),
    ],
    ids=str,
)
def test_a_patient_with_wrong_data_is_told_which(centre, program, monday, patient, wrong):
    assert errors(program.book(monday, patient=patient)) == wrong
    assert nothing_was_made(centre)


def test_a_foreigner_needs_no_national_id_and_one_of_theirs_is_taken(program, monday):
    stranger = {"foreigner": True, "country": "FR", "national_id": "12AB34567"}
    assert program.book(monday, patient=stranger).status_code == 201


def test_html_formulas_and_invisible_characters_are_kept_as_harmless_text(centre, program, monday):
    typed = {"given_name": "<script>alert(1)</script>", "paternal_surname": "=1+1\u0000\u202e"}
    answer = program.book(monday, patient=typed, comment="<b>hola</b>\u0007\nsegunda línea")
    assert answer.status_code == 201
    with centre.active():
        visit = Appointment.objects.get()
        assert visit.patient.given_name == "<script>alert(1)</script>"
        assert visit.patient.paternal_surname == "=1+1"
        assert visit.comment == "<b>hola</b>\nsegunda línea"
    page = centre.client().get(answer.json()["links"]["manage"].removeprefix("http://127.0.0.1:8000"))
    assert b"<script>alert(1)" not in page.content


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"patient": None}, {("patient", "required")}),
        ({"patient": "Rosa"}, {("patient", "invalid")}),
        ({"privacy_accepted": False}, {("privacy_accepted", "required")}),
        ({"privacy_accepted": "yes"}, {("privacy_accepted", "invalid")}),
        ({"comment": 5}, {("comment", "invalid")}),
        ({"comment": "x" * 2_001}, {("comment", "too_long")}),
    ],
    ids=str,
)
def test_the_rest_of_the_body_is_checked(centre, program, monday, changes, wrong):
    assert errors(program.post({**program.body(monday), **changes})) == wrong
    assert nothing_was_made(centre)


def test_the_privacy_text_must_be_accepted_in_so_many_words(program, monday):
    body = program.body(monday)
    del body["privacy_accepted"]
    assert errors(program.post(body)) == {("privacy_accepted", "required")}


def test_what_the_form_requires_the_interface_requires(centre, program, monday):
    with centre.active(), tenancy.atomic():
        FormField.objects.filter(field__in=("birth_date", "comment", "city")).update(
            is_shown=True, is_required=True
        )
    assert errors(program.book(monday, comment="")) == {
        *(("patient.birth_date", "required"), ("comment", "required"), ("patient.city", "required")),
    }
    more = {"birth_date": "1990-04-02", "city": "Santiago"}
    assert program.book(monday, patient=more).status_code == 201
    with centre.active():
        assert Patient.objects.get(given_name="Rosa").birth_date == date(1990, 4, 2)


def test_a_closed_page_books_nothing(centre, program, monday):
    with centre.active(), tenancy.atomic():
        BookingPage.objects.update(is_open=False)
    assert program.times(monday.date()).json()["days"][0]["times"] == []
    assert errors(program.book(monday)) == {("starts_at", "not_offered")}


def test_a_patient_who_may_not_book_is_not_told_why(centre, program, monday):
    with centre.active(), tenancy.atomic():
        BookingPage.objects.update(accepts_new_patients=False)
    assert errors(program.book(monday)) == {("patient", "not_bookable")}
    with centre.active(), tenancy.atomic():
        BookingPage.objects.update(accepts_new_patients=True, most_future_appointments=1)
    assert program.book(monday).status_code == 201
    assert errors(program.book(monday + timedelta(hours=1))) == {("patient", "not_bookable")}


def test_bodies_that_are_no_request_are_refused_as_problems(centre, program, monday):
    url = program.base + "/appointments"

    def send(content, content_type="application/json", **headers):
        return program.client.generic("POST", url, content, content_type=content_type, headers=headers)

    assert problem(send(b"{"), 400)
    assert problem(send(b'{"comment": "\\ud800"}'), 400)
    assert problem(send(b"\xff\xfe"), 400)
    assert problem(send(b""), 415)
    assert errors(send(b"[]")) == {("", "invalid")}
    assert errors(send(b"7")) == {("", "invalid")}
    assert problem(send(b"service=1", "application/x-www-form-urlencoded"), 415)
    assert problem(send(b"{}", "text/plain"), 415)
    assert problem(send(b"[" * 70_000), 413)
    assert problem(send(b'"' + b"x" * 10_000_000 + b'"'), 413)
    assert problem(send(b"[" * 60_000), 400)
    assert nothing_was_made(centre)


def test_methods_and_addresses_that_do_not_exist_are_problems(centre, program):
    client = program.client
    for path in ("", "/availability"):
        refused = client.post(program.base + path, {})
        assert problem(refused, 405)
        assert refused.headers["Allow"] == "GET, HEAD"
    refused = client.get(program.base + "/appointments")
    assert problem(refused, 405)
    assert refused.headers["Allow"] == "POST"
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        assert problem(client.generic(method, program.base), 405)
        assert problem(client.generic(method, "/api/v1/openapi.json"), 405)
    assert client.head(program.base).status_code == 200
    for path in ("/api/v1/public/no-hay", "/api/v1/public/x%00y", f"/api/v1/public/{'x' * 300}"):
        assert problem(client.get(path), 404)
    for path in ("/api/", "/api/v1/", "/api/v1/nada", program.base + "/nada", program.base + "/"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("state", "status"), [("maintenance", 503), ("disabled", 403)])
def test_a_closed_centre_answers_nothing_else(centre, program, monday, state, status):
    from reservo.tenants.operations import set_state

    set_state(centre.slug, state, reason="prueba", at=now())
    for answer in (program.get(), program.times(monday.date()), program.book(monday)):
        assert problem(answer, status)
        assert (status == 403) or answer.headers["Retry-After"] == "60"


def count(centre, ask):
    with centre.active():
        connection = connections["tenant"]
        connection.ensure_connection()
        with CaptureQueriesContext(connection) as queries:
            answer = ask()
    assert answer.status_code in (200, 201), answer.content
    return len(queries)


def test_the_number_of_queries_does_not_grow_with_what_there_is(centre, program, monday):
    day = monday.date()
    program.get(), program.times(day)
    few = count(centre, program.get), count(centre, lambda: program.times(day))
    with centre.active(), tenancy.atomic():
        for number in range(3):
            service = Service.objects.create(name=f"Otro {number}", duration_minutes=30, price_minor=1)
            for who in (centre.ana, centre.beto):
                ServicePractitioner.objects.create(practitioner_id=who, service=service)
    for hour in range(3):
        centre.book(monday + timedelta(hours=hour))
    many = count(centre, program.get), count(centre, lambda: program.times(day, day + timedelta(days=61)))
    assert few == many
    assert few[0] <= 8
    assert few[1] <= 12


def test_a_booking_takes_a_constant_number_of_queries(centre, program, monday):
    first = count(centre, lambda: program.book(monday))
    for hour in (1, 5, 6):
        assert count(centre, lambda hour=hour: program.book(monday + timedelta(hours=hour))) <= first
