"""The shell around the staff's screens: what each sees of it, and the pages for what went wrong."""

from __future__ import annotations

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from reservo import tenancy
from reservo.audit.operations import record
from reservo.catalog.models import Branch, Centre
from reservo.core.clock import now
from reservo.staff.models import StaffBranch, StaffMember
from reservo.tenancy.context import TENANT_ALIAS
from tests.cast import STAFF
from tests.ui.forms import editing

RAIL = {
    "administrator": ["Agenda", "Pacientes", "Correos", "Configuración"],
    "receptionist": ["Agenda", "Pacientes", "Correos"],
    "practitioner": ["Agenda", "Pacientes"],
    "accountant": ["Agenda", "Pacientes"],
}
NOT_BUILT = ["CRM", "Finanzas", "Estadísticas", "Soporte"]


def rail(html):
    nav = html.split('<nav class="rail"')[1].split("</nav>")[0]
    return [part.split("<span>")[1].split("</span>")[0] for part in nav.split("</a>")[:-1]]


def branch(name):
    return Branch.objects.create(name=name, country="CL", zone="America/Punta_Arenas").pk


@pytest.mark.parametrize("role", RAIL)
def test_the_rail_shows_what_this_role_may_open_and_nothing_that_is_not_built(centre, role):
    html = centre.client(role).get(centre.url("pacientes/")).content.decode()
    assert rail(html) == RAIL[role]
    assert not any(f"<span>{module}</span>" in html for module in NOT_BUILT)


@pytest.mark.parametrize(
    ("word", "language", "one", "all_of_them"),
    [
        ("cliente", "es", "cliente", "clientes"),
        ("cliente", "en", "client", "clients"),
        ("Socio", "es", "socio", "socios"),
        ("socio", "en", "member", "members"),
        ("paciente", "en", "patient", "patients"),
    ],
)
def test_the_centre_s_own_word_for_its_patients_is_used(centre, word, language, one, all_of_them):
    with centre.active():
        Centre.objects.update(patient_word=word)
    client = centre.client("receptionist")
    centre.speaks("receptionist", language)

    def page(path):
        return client.get(centre.url(path)).content.decode()

    html = page("pacientes/")
    assert rail(html)[1] == all_of_them.capitalize()
    assert f"<h1>{all_of_them.capitalize()}</h1>" in html
    assert f"<title>{all_of_them.capitalize()}" in html
    search = {"es": f'placeholder="Buscar {one}, RUT', "en": f'placeholder="Search by {one}, RUT'}
    assert search[language] in html
    assert f'<label for="patient-typed">{one.capitalize()}</label>' in page("agenda/nueva")
    if one != "paciente":
        assert "Pacientes" not in html


@pytest.mark.parametrize(("word", "language"), [("clienta", "es"), ("socio", "en")])
def test_settings_rights_and_trail_use_it_too(centre, word, language):
    with centre.active(), tenancy.atomic():
        Centre.objects.update(patient_word=word)
        record("patient.created", "patient", 7, by=STAFF, at=now())
    client = centre.client("administrator")
    centre.speaks("administrator", language)

    def page(path):
        return client.get(centre.url(path)).content.decode()

    says = {
        "es": {
            "usuarios/roles/nuevo": ("Ver clientas", "Crear y cambiar clientas"),
            "configuracion/reserva": ("Lo que se pide a la clienta", "Citas futuras por clienta"),
            "configuracion/tratamientos/nuevo": ("Indicaciones para la clienta",),
            "registro/": ("Clienta n.º 7",),
        },
        "en": {
            "usuarios/roles/nuevo": ("View members", "Create and change members"),
            "configuracion/reserva": ("What the member is asked for", "Future appointments per member"),
            "configuracion/tratamientos/nuevo": ("Instructions for the member",),
            "registro/": ("Member no. 7",),
        },
    }
    for path, texts in says[language].items():
        html = page(path)
        assert [text for text in texts if text not in html] == [], path
        assert "aciente" not in html.split("<main")[1], path


def test_a_search_asks_for_the_document_by_its_name_in_the_country(centre):
    client = centre.client("receptionist")
    for country, name in (("ES", "DNI / NIE"), ("US", "documento")):
        with centre.active():
            Centre.objects.update(country=country)
        assert (
            f'placeholder="Buscar paciente, {name}, teléfono'
            in client.get(centre.url("agenda/")).content.decode()
        )
        assert (
            f'placeholder="Nombre, {name} o teléfono"'
            in client.get(centre.url("agenda/nueva")).content.decode()
        )


def test_a_word_with_markup_stays_text(centre):
    with centre.active():
        Centre.objects.update(patient_word='"><b>x</b>')
    html = centre.client("receptionist").get(centre.url("pacientes/")).content.decode()
    assert "<b>x</b>" not in html
    assert "&lt;b&gt;x&lt;/b&gt;" in html


def test_the_branch_is_offered_only_where_there_are_several_to_see(centre):
    client = centre.client("receptionist")
    assert "menu start" not in client.get(centre.url("pacientes/")).content.decode()
    with centre.active():
        south = branch("Punta Arenas")
    assert "menu start" in client.get(centre.url("pacientes/")).content.decode()
    client.cookies["reservo_branch"] = str(south)
    html = client.get(centre.url("agenda/")).content.decode()
    assert "hora de Punta Arenas" in html
    with centre.active():
        member = StaffMember.objects.get(email=centre.email("receptionist"))
        StaffMember.objects.filter(pk=member.pk).update(all_branches=False)
        StaffBranch.objects.create(member=member, branch_id=centre.branch)
    html = client.get(centre.url("agenda/")).content.decode()
    assert "Punta Arenas" not in html


def test_a_folded_rail_is_drawn_folded(centre):
    client = centre.client("receptionist")
    assert 'class="shell"' in client.get(centre.url("pacientes/")).content.decode()
    client.cookies["reservo_rail"] = "slim"
    assert 'class="shell slim"' in client.get(centre.url("pacientes/")).content.decode()


def test_the_search_finds_patients_and_visits_in_the_same_number_of_queries(centre, monday):
    from datetime import timedelta

    client = centre.client("receptionist")

    def count():
        with centre.active(), CaptureQueriesContext(connections[TENANT_ALIAS]) as seen:
            answer = client.get(centre.url("agenda/buscar?q=mu%C3%B1oz"))
        return len(seen), answer.json()["results"]

    visit = centre.book(monday)
    before, found = count()
    assert [one["title"] for one in found] == ["José Muñoz Pérez", f"#{visit.number} José Muñoz Pérez"]
    for days in (1, 2):
        centre.book(monday + timedelta(days=days))
    assert count()[0] == before


@pytest.mark.parametrize(
    ("path", "role", "status", "words", "way_on"),
    [
        ("no/hay", "receptionist", 404, "No encontramos esta página", "Ir a la agenda"),
        ("no/hay", None, 404, "No encontramos esta página", "Reservar hora"),
        ("configuracion/", "receptionist", 403, "No tienes permiso para esto", "Ir a la agenda"),
    ],
)
def test_what_went_wrong_is_a_calm_page_with_a_way_on(centre, path, role, status, words, way_on):
    answer = centre.client(role).get(centre.url(path))
    html = answer.content.decode()
    assert answer.status_code == status
    assert words in html
    assert way_on in html


def test_a_form_without_its_proof_is_told_and_nothing_is_saved(centre):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.cookies = centre.client("receptionist").cookies
    answer = client.post(centre.url("pacientes/nuevo"), {"given_name": "Sin prueba", "country": "CL"})
    assert answer.status_code == 403
    assert "La página quedó vieja" in answer.content.decode()
    page = client.get(centre.url("pacientes/nuevo")).content.decode()
    sent = {**editing(page).data, "given_name": ["Con prueba"]}
    assert client.post(centre.url("pacientes/nuevo"), sent).status_code == 302


def test_who_sends_a_form_after_the_session_is_told_so_and_shown_the_log_in(centre):
    from django.test import Client

    answer = Client(enforce_csrf_checks=True).post(centre.url("pacientes/nuevo"), {"given_name": "Tarde"})
    html = answer.content.decode()
    assert (answer.status_code, "Tu sesión terminó" in html, "Reservar hora" in html) == (403, True, False)
    assert f'href="{centre.url("login")}"' in html


def test_a_script_without_its_proof_gets_a_fresh_one_and_sends_again(centre):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.cookies = centre.client("receptionist").cookies
    new, typed = centre.url("pacientes/nuevo"), {"given_name": "Otra", "country": "CL"}
    assert client.post(new, typed, headers={"HX-Request": "true"}).status_code == 401
    proof = client.get(centre.url("cuenta/sesion")).json()["proof"]
    assert client.post(new, typed, headers={"HX-Request": "true", "X-CSRFToken": proof}).status_code != 401


def test_the_page_for_no_connection_needs_nothing_of_the_centre(centre):
    client = centre.client()
    html = client.get(centre.url("sin-conexion")).content.decode()
    assert "Sin conexión" in html
    assert "<script" not in html
    script = client.get(centre.url("sw.js"))
    assert script["Content-Type"].startswith("text/javascript")
    assert b"sin-conexion" in script.content


def test_pages_speak_english_to_those_who_chose_it(centre):
    centre.speaks("administrator", "en")
    client = centre.client("administrator")
    html = client.get(centre.url("pacientes/")).content.decode()
    assert '<html lang="en">' in html
    assert rail(html) == ["Calendar", "Patients", "Mail", "Settings"]
