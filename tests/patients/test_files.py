"""The patient's file on screen: every field, look-alikes, two who edit, and who may see whom."""

from __future__ import annotations

from datetime import date

import pytest

from reservo.audit.models import Action
from reservo.core.clock import now
from reservo.patients import operations
from reservo.patients.fields import PatientFields
from reservo.patients.models import Patient
from reservo.staff.models import RoleRight
from tests.cast import STAFF
from tests.ui.forms import editing, read

WHOLE = {
    "given_name": "María José",
    "paternal_surname": "O'Higgins",
    "maternal_surname": "Ñuñez",
    "country": "CL",
    "national_id": "76.086.428-5",
    "birth_date": "1990-02-28",
    "sex": "female",
    "phone": "9 8765 4321",
    "other_phone": "+34 600 123 456",
    "email": "Maria@EXAMPLE.org",
    "language": "en",
    "address": "Calle Dos 2",
    "city": "Ñuñoa",
    "insurer": "Fonasa",
    "category": "VIP",
    "rating": "4",
    "reference": "Una amiga",
    "state": "active",
    "comments": "Prefiere la mañana.\nAlergia al látex.",
}


@pytest.fixture
def desk(centre):
    return centre.client("receptionist")


def fill(client, page, /, **changes):
    form = editing(client.get(page).content.decode())
    return client.post(page, {**form.data, **changes})


def register(centre, **given):
    with centre.active():
        return operations.register(PatientFields(**given), default_country="CL", by=STAFF, at=now()).pk


def test_a_file_keeps_every_field_and_takes_the_next_number(centre, desk):
    answer = fill(desk, centre.url("pacientes/nuevo"), **WHOLE, usual_practitioner_id=centre.ana)
    assert answer.status_code == 302
    with centre.active():
        made = Patient.objects.latest("pk")
        assert made.number == Patient.objects.get(pk=centre.patient).number + 1
        assert (made.phone, made.other_phone) == ("+56987654321", "+34600123456")
        assert (made.national_id, made.country, made.is_foreigner) == ("760864285", "CL", False)
        assert (made.email, made.language, made.sex, made.rating) == ("Maria@example.org", "en", "female", 4)
        assert (made.birth_date, made.usual_practitioner_id) == (date(1990, 2, 28), centre.ana)
        assert Action.objects.filter(action="patient.created", object_id=str(made.pk)).exists()
    page = desk.get(answer.headers["Location"]).content.decode()
    for shown in (
        *(
            "María José O&#x27;Higgins Ñuñez",
            "76.086.428-5",
            "+56 9 8765 4321",
            "+34 600 12 34 56",
            "English",
        ),
        *("28-02-1990", "Femenino", "Calle Dos 2, Ñuñoa", "Fonasa", "VIP", "4 de 5 estrellas", "Ana Rojas"),
        *("Una amiga", "Alergia al látex."),
    ):
        assert shown in page, shown


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        *(("national_id", value) for value in ("76.086.428-6", "abc", "1")),
        *(("phone", value) for value in ("123", "no es", "+56 9 1234")),
        *(("email", value) for value in ("a@", "a@b", "a b@c.cl", "a@b.cl\nBcc: x@y.cl")),
        *(("birth_date", value) for value in ("2090-01-01", "1779-01-01", "31/02/2000", "2001-02-29")),
        *(("given_name", value) for value in ("", "   ", "x" * 81)),
        *(("sex", "otro"), ("state", "x"), ("language", "fr"), ("country", "XX"), ("rating", "6")),
        ("usual_practitioner_id", "999999"),
    ],
)
def test_a_wrong_value_is_told_at_its_field_and_nothing_typed_is_lost(centre, desk, name, typed):
    answer = fill(desk, centre.url("pacientes/nuevo"), **{**WHOLE, name: typed})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert len(read(page).errors) == 1
    assert f'id="id_{name}_error"' in page
    kept = editing(page).data
    others = [field for field in WHOLE if field != name and field != "comments"]
    assert {field: kept[field] for field in others} == {field: [WHOLE[field]] for field in others}


def test_a_foreigners_document_is_taken_as_it_is(centre, desk):
    answer = fill(
        desk, centre.url("pacientes/nuevo"), **{**WHOLE, "national_id": "AB-123456"}, is_foreigner="on"
    )
    assert answer.status_code == 302
    assert "extranjero" in desk.get(answer.headers["Location"]).content.decode()


@pytest.mark.parametrize(
    "same",
    [
        {"national_id": "12345678-5"},
        {"email": "JOSE@paciente.example"},
        {"phone": "9 6123 4567"},
        {"other_phone": "+56961234567"},
    ],
)
def test_a_look_alike_is_shown_before_a_second_file_is_made(centre, desk, same):
    address = centre.url("pacientes/nuevo")
    answer = fill(desk, address, given_name="Pepe", **same)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert f"/pacientes/{centre.patient}/" in page
    assert "José Muñoz Pérez" in page
    with centre.active():
        assert Patient.objects.count() == 1
    again = desk.post(address, {**editing(page).data, "igual": "1"})
    assert again.status_code == 302
    assert "Puede ser la misma persona" in desk.get(again.headers["Location"]).content.decode()


def test_editing_tells_of_a_look_alike_only_when_what_tells_changes(centre, desk):
    twin = register(centre, given_name="Eva", phone="+56961234567")
    address = centre.url(f"pacientes/{twin}/editar")
    assert fill(desk, address, comments="Hola").status_code == 302
    assert fill(desk, address, email="jose@paciente.example").status_code == 409
    assert fill(desk, address, email="otra@example.org").status_code == 409
    assert fill(desk, address, phone="", email="otra@example.org").status_code == 302


def test_the_second_of_two_who_edit_is_told_what_differs(centre, desk):
    address = centre.url(f"pacientes/{centre.patient}/editar")
    first, second = (editing(desk.get(address).content.decode()).data for _ in range(2))
    assert desk.post(address, {**first, "city": "Lima"}).status_code == 302
    answer = desk.post(address, {**second, "comments": "Llega tarde"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Otra persona guardó esta ficha" in page
    assert "Comuna o ciudad: Lima" in page
    with centre.active():
        assert Patient.objects.get(pk=centre.patient).comments == ""
    again = editing(page).data
    assert again["comments"] == ["Llega tarde"]
    assert desk.post(address, {**again, "city": "Lima"}).status_code == 302
    with centre.active():
        kept = Patient.objects.get(pk=centre.patient)
        assert (kept.city, kept.comments) == ("Lima", "Llega tarde")


def test_visits_are_shown_newest_first(centre, desk, monday):
    from datetime import timedelta

    for days in (0, 7):
        centre.book(monday + timedelta(days=days))
    page = desk.get(centre.url(f"pacientes/{centre.patient}/")).content.decode()
    later, sooner = (page.index(f"dia={(monday + timedelta(days=days)).date()}") for days in (7, 0))
    assert later < sooner
    assert "Consulta" in page
    assert "No confirmada" in page


def test_a_practitioner_sees_own_patients_and_no_others(centre, monday):
    mine = centre.client("practitioner")
    stranger = register(centre, given_name="Ajena", paternal_surname="Persona", email="jose@paciente.example")
    assert "Nadie" not in mine.get(centre.url("pacientes/")).content.decode()
    assert mine.get(centre.url(f"pacientes/{centre.patient}/")).status_code == 404
    centre.book(monday)
    assert mine.get(centre.url(f"pacientes/{centre.patient}/")).status_code == 200
    for path in (
        "pacientes/",
        "pacientes/?q=persona",
        "pacientes/buscar?q=ajena",
        f"pacientes/{centre.patient}/",
    ):
        assert "Ajena" not in mine.get(centre.url(path)).content.decode()
    assert mine.get(centre.url(f"pacientes/{stranger}/")).status_code == 404
    assert mine.get(centre.url(f"pacientes/{stranger}/editar")).status_code == 403


def test_one_who_edits_own_patients_makes_them_their_own(centre):
    with centre.active():
        role = RoleRight.objects.get(role__builtin="practitioner", right="patients.see").role
        RoleRight.objects.create(role=role, right="patients.edit", extent="own")
    mine = centre.client("practitioner")
    answer = fill(mine, centre.url("pacientes/nuevo"), given_name="Nueva")
    assert mine.get(answer.headers["Location"]).status_code == 200
    hidden = fill(mine, centre.url("pacientes/nuevo"), given_name="Otra", phone="961234567")
    assert hidden.status_code == 409
    assert "Muñoz" not in hidden.content.decode()
    assert "pregunta en recepción" in hidden.content.decode()


def test_seeing_is_not_changing(centre):
    reader = centre.client("accountant")
    page = reader.get(centre.url(f"pacientes/{centre.patient}/")).content.decode()
    assert "Editar" not in page
    assert reader.get(centre.url(f"pacientes/{centre.patient}/editar")).status_code == 403
    assert "Crear paciente" not in reader.get(centre.url("pacientes/")).content.decode()


def test_filters_are_chips_in_the_address_and_columns_are_chosen(centre, desk):
    register(centre, given_name="Eva", category="VIP", insurer="Isapre", city="Temuco")
    register(centre, given_name="Ida", state="inactive", category="VIP")
    page = desk.get(centre.url("pacientes/?categoria=VIP&estado=active&columna=ciudad")).content.decode()
    assert "Eva" in page
    assert "Ida" not in page
    assert "José" not in page
    assert "Temuco" in page
    assert "?estado=active&amp;columna=ciudad" in page
    assert "<th>Correo</th>" not in page
    empty = desk.get(centre.url("pacientes/?categoria=Nada")).content.decode()
    assert "Nadie con esos datos." in empty
    assert "Ver todos" in empty


def test_pages_hold_fifty(centre, desk):
    for number in range(51):
        register(centre, given_name=f"P{number:02d}")
    first = desk.get(centre.url("pacientes/")).content.decode()
    second = desk.get(centre.url("pacientes/?page=2")).content.decode()
    assert first.count("<tr>") == 51
    assert second.count("<tr>") == 3
    assert "52 pacientes" in first
