"""What was typed online and is not on file: listed, taken or left, field by field."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from reservo.core.clock import now
from reservo.patients import operations, queries
from reservo.patients.fields import PatientFields
from reservo.patients.models import Patient, PatientDifference
from reservo.staff.models import StaffMember

NEXT_MONTH = now().replace(minute=0, second=0, microsecond=0) + timedelta(days=30)
TYPED = PatientFields(
    given_name="José",
    paternal_surname="Muñoz",
    maternal_surname="Pérez",
    email="nuevo@example.org",
    phone="+56911112222",
    birth_date=date(1981, 5, 17),
)


@pytest.fixture
def noted(centre):
    with centre.active():
        patient = Patient.objects.get(pk=centre.patient)
        operations.note_differences(patient, TYPED, appointment_id=1, at=now())
        return {row.field: row.pk for row in PatientDifference.objects.all()}


def on_file(centre):
    with centre.active():
        return Patient.objects.get(pk=centre.patient)


def test_only_what_differs_is_noted_and_the_file_stays(centre, noted):
    assert set(noted) == {"email", "phone", "birth_date"}
    assert on_file(centre).email == "jose@paciente.example"


def test_a_difference_waits_once_however_often_it_is_typed(centre, noted):
    with centre.active():
        patient = Patient.objects.get(pk=centre.patient)
        later = PatientFields(given_name="José", email="tercero@example.org")
        operations.note_differences(patient, TYPED, appointment_id=2, at=now())
        operations.note_differences(patient, later, appointment_id=3, at=now() + timedelta(minutes=1))
        waiting = {row.field: row.given for row in queries.pending_differences(patient)}
    assert waiting == {"email": "tercero@example.org", "phone": "+56911112222", "birth_date": "1981-05-17"}


def test_staff_take_one_field_and_leave_another(centre, noted):
    desk = centre.client("receptionist")
    listed = desk.get(centre.url("pacientes/diferencias")).content.decode()
    assert "nuevo@example.org" in listed
    assert "3 datos por revisar" in desk.get(centre.url("pacientes/")).content.decode()
    for field, answer in (("email", "aceptar"), ("birth_date", "aceptar"), ("phone", "descartar")):
        assert desk.post(centre.url(f"pacientes/diferencias/{noted[field]}/{answer}")).status_code == 302
    kept = on_file(centre)
    assert (kept.email, kept.phone) == ("nuevo@example.org", "+56961234567")
    assert kept.birth_date == date(1981, 5, 17)
    with centre.active():
        assert [found.pk for found in queries.search("nuevo@example")] == [centre.patient]
        row = PatientDifference.objects.get(pk=noted["phone"])
        assert (row.state, row.decided_by) == ("rejected", "Receptionist")
    assert "coincide con las fichas" in desk.get(centre.url("pacientes/diferencias")).content.decode()


def test_who_works_through_the_list_stays_on_it(centre, noted):
    desk = centre.client("receptionist")
    for field, back, place in (
        ("email", "list", "pacientes/diferencias"),
        ("phone", "", f"pacientes/{centre.patient}/"),
    ):
        answer = desk.post(centre.url(f"pacientes/diferencias/{noted[field]}/aceptar"), {"back": back})
        assert answer["Location"] == centre.url(place)


def test_values_are_shown_as_the_file_shows_them(centre, noted):
    for place in ("pacientes/diferencias", f"pacientes/{centre.patient}/"):
        shown = centre.client("receptionist").get(centre.url(place)).content.decode()
        assert "<b>+56 911112222</b>" in shown
        assert "<b>17-05-1981</b>" in shown


def test_the_visit_says_that_something_waits_to_those_who_may_decide(centre, noted):
    visit = centre.book(NEXT_MONTH)
    place = centre.url(f"agenda/citas/{visit.pk}")
    words = "Escribió otra cosa al reservar en línea"
    assert words in centre.client("receptionist").get(place).content.decode()
    with centre.active():
        PatientDifference.objects.all().delete()
    assert words not in centre.client("receptionist").get(place).content.decode()


def test_what_is_decided_is_not_decided_again(centre, noted):
    desk = centre.client("receptionist")
    desk.post(centre.url(f"pacientes/diferencias/{noted['email']}/descartar"))
    answer = desk.post(centre.url(f"pacientes/diferencias/{noted['email']}/aceptar"), follow=True)
    assert "Ya estaba decidido." in answer.content.decode()
    assert on_file(centre).email == "jose@paciente.example"


def test_an_editor_who_had_the_file_open_is_told_after_a_difference_was_taken(centre, noted):
    version = on_file(centre).version
    centre.client("receptionist").post(centre.url(f"pacientes/diferencias/{noted['email']}/aceptar"))
    assert on_file(centre).version == version + 1


def test_those_who_may_not_change_the_patient_see_no_differences(centre, noted, monday):
    centre.book(monday)
    for role in ("practitioner", "accountant"):
        client = centre.client(role)
        assert (
            "nuevo@example.org" not in client.get(centre.url(f"pacientes/{centre.patient}/")).content.decode()
        )
        assert client.get(centre.url("pacientes/diferencias")).status_code == 403
        assert client.post(centre.url(f"pacientes/diferencias/{noted['email']}/aceptar")).status_code == 403
    with centre.active():
        beto = StaffMember.objects.get(email=centre.email("practitioner"))
        beto.role.rights.create(right="patients.edit", extent="own")
        StaffMember.objects.filter(pk=beto.pk).update(practitioner_id=centre.beto)
    answer = centre.client("practitioner").post(centre.url(f"pacientes/diferencias/{noted['email']}/aceptar"))
    assert answer.status_code == 404
