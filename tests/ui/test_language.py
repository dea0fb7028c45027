"""Whoever asks for English reads English: what is left in Spanish is what the centre itself wrote."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from reservo import tenancy
from reservo.accounts.models import Invitation, User
from reservo.agenda import links
from reservo.booking import operations as booking
from reservo.booking.operations import OnlineBooking
from reservo.catalog import queries as catalog
from reservo.catalog.operations.centre import save_centre
from reservo.core.clock import now
from reservo.crm import composing, kinds
from reservo.notifications import account_mails
from reservo.notifications.models import Delivery
from reservo.patients.fields import PatientFields
from reservo.staff import operations as staff
from reservo.staff.models import Role
from reservo.staff.operations import Place
from reservo.tenants.models import Tenant
from reservo.tenants.operations import set_state
from tests.cast import STAFF

ENGLISH = {"accept_language": "en-GB,en;q=0.9,es;q=0.5"}
SPANISH = re.compile(
    r"\b(guardar|buscar|volver|entrar|salir|enviar|elige|escribe|citas?|sucursal(es)?|tratamientos?|feriados?"
    r"|profesional(es)?|pacientes?|correos?|reservas?|reservar|nombre|teléfono|contraseña|idioma|estados?|motivo"
    r"|días?|horas?|hoy|mañana|anterior|siguiente|nuev[oa]s?|todos|ningun[oa]|todavía|cuándo|quién|qué|dónde"
    r"|con|sin|para|por|una|N\.º)\b",
    re.IGNORECASE,
)
OWN = ("Clínica de Prueba", "Cuidamos tus datos.")
ADDRESS = re.compile(r"\S*[/@]\S*")
READ_ALOUD = ("aria-label", "placeholder", "title", "alt")

AGENDA = ("", "lista", "nueva", "bloqueos/nuevo", "dias", "buscar?q=Muñoz")
CONFIGURATION = (
    *("", "centro", "privacidad", "feriados", "reserva", "correos", "por-llamar"),
    *(
        "correos/reminder/en",
        "correos/reminder/en/vista",
        "lista/sucursales",
        "lista/boxes",
        "lista/boxes/nuevo",
    ),
    *("lista/tipos-de-box/nuevo", "lista/categorias/nuevo", "lista/profesionales", "lista/tratamientos"),
    *("lista/sucursales/nuevo", "profesionales/nuevo", "tratamientos/nuevo"),
)
OTHER = (
    *("pacientes/", "pacientes/nuevo", "pacientes/diferencias", "campana/", "campana/lista", "correos/"),
    *("usuarios/", "usuarios/invitar", "usuarios/roles/", "usuarios/roles/nuevo", "registro/", "cuenta/"),
)


class Words(HTMLParser):
    """What a page shows or has read aloud, with what it tells its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._is_style = False

    def handle_starttag(self, tag, attrs):
        self._is_style = tag == "style"
        self.found += [value for name, value in attrs if name in READ_ALOUD and value]

    def handle_data(self, data):
        if not self._is_style:
            self.found.append(data)


def left_in_spanish(text: str) -> list[str]:
    words = Words()
    words.feed(text)
    words.close()
    shown = " | ".join(words.found)
    for own in OWN:
        shown = shown.replace(own, "")
    return sorted({found[0] for found in SPANISH.finditer(ADDRESS.sub("", shown))})


def leftovers(client, paths, *, status=200) -> dict[str, list[str]]:
    answers = {path: client.get(path, follow=True) for path in paths}
    assert {path: a.status_code for path, a in answers.items() if a.status_code != status} == {}
    return {path: found for path, a in answers.items() if (found := left_in_spanish(a.content.decode()))}


def book_online(centre, at):
    """A visit booked in English by somebody whose phone is not the one on file."""
    given = PatientFields(
        given_name="José",
        paternal_surname="Muñoz",
        national_id="12.345.678-5",
        email="jose@paciente.example",
        phone="+56961234999",
        language="en",
    )
    wanted = OnlineBooking(
        branch_id=centre.branch,
        service_id=centre.consultation,
        practitioner_id=centre.ana,
        starts_at=at,
        patient=given,
        privacy_accepted=True,
        language="en",
    )
    with centre.active():
        return booking.book_online(wanted, at=now())


def test_the_words_of_a_page_are_found():
    page = '<a href="/citas/" title="Buscar">Cita</a><style>.hora{}</style><p>Ana Rojas, a@pacientes.example'
    assert left_in_spanish(page) == ["Buscar", "Cita"]


def test_staff_read_english(centre, monday):
    visit = book_online(centre, monday)
    paths = [f"agenda/{path}" for path in AGENDA] + [f"configuracion/{path}" for path in CONFIGURATION]
    paths += [
        *OTHER,
        f"agenda/lista?dia={visit.local_date}",
        f"agenda/citas/{visit.pk}",
        f"agenda/citas/{visit.pk}/editar",
        f"pacientes/{visit.patient_id}/",
        f"pacientes/{visit.patient_id}/editar",
        f"configuracion/profesionales/{centre.ana}",
        f"configuracion/tratamientos/{centre.consultation}",
        f"configuracion/lista/sucursales/{centre.branch}",
    ]
    centre.speaks("administrator", "en")
    client = centre.client("administrator")
    assert leftovers(client, [centre.url(path) for path in paths]) == {}


def speak_english(centre):
    with centre.active(), tenancy.atomic():
        facts = catalog.centre()
        facts.language = "en"
        save_centre(facts, by=STAFF, at=now())


def spoken(client, centre, path="pacientes/", **headers):
    return client.get(centre.url(path), headers=headers)["Content-Language"]


def test_staff_read_their_own_language_else_the_centre_s_whatever_the_browser_asks(centre):
    client = centre.client("receptionist")
    choose = centre.url("cuenta/idioma")
    speak_english(centre)
    assert spoken(client, centre, **{"accept-language": "es"}) == "en"
    back = client.post(choose, {"language": "es", "next": centre.url("pacientes/?q=mu")})
    assert (back.status_code, back["Location"]) == (302, centre.url("pacientes/?q=mu"))
    assert spoken(client, centre, **{"accept-language": "en"}) == "es"
    assert spoken(client, centre, "pacientes/?lang=en") == "en"
    assert spoken(centre.client("administrator"), centre) == "en"
    assert client.post(choose, {"language": ""}).status_code == 302
    assert spoken(client, centre) == "en"


def test_no_other_language_and_no_other_place_is_taken(centre):
    client = centre.client("receptionist")
    choose = centre.url("cuenta/idioma")
    assert client.post(choose, {"language": "xx"}).status_code == 400
    for elsewhere in ("https://otra.example/", "//otra.example", "/otro-centro/agenda/"):
        answer = client.post(choose, {"language": "en", "next": elsewhere})
        assert answer["Location"] == centre.url("agenda/")


def test_the_menu_shows_what_is_chosen(centre):
    centre.speaks("receptionist", "en")
    html = centre.client("receptionist").get(centre.url("pacientes/")).content.decode()
    pressed = re.findall(r'name="language" value="(\w*)"\s+aria-pressed="true"', html)
    assert pressed == ["en"]


def test_patients_read_english(centre, monday):
    visit = book_online(centre, monday)
    with centre.active():
        own = f"v/{links.token_of(visit)}/"
    service = f"?servicio={centre.consultation}"
    paths = ["", service, f"{service}&profesional={centre.ana}", "privacidad"]
    paths += [own, f"{own}?lista=1", f"{own}mover", f"{own}cancelar"]
    client = centre.client(**ENGLISH)
    assert leftovers(client, [centre.url(path) for path in paths]) == {}
    chosen = {"servicio": centre.consultation, "profesional": centre.ana, "inicio": monday.isoformat()}
    taken = client.post(centre.url("reservar/hora"), chosen)
    assert (taken.status_code, left_in_spanish(taken.content.decode())) == (409, [])
    later = {**chosen, "inicio": monday.replace(hour=18).isoformat()}
    form = client.post(centre.url("reservar/hora"), later, follow=True)
    assert (form.status_code, left_in_spanish(form.content.decode())) == (200, [])
    proof = re.search(r'name="p" value="([^"]+)"', form.content.decode())[1]
    refused = client.post(centre.url("reservar/datos"), {"p": proof})
    assert (refused.status_code, left_in_spanish(refused.content.decode())) == (422, [])


def test_doors_and_missing_pages_read_english(centre):
    client = Client(headers=ENGLISH)
    assert leftovers(client, ["/", "/login", "/password/forgot", centre.url("login")]) == {}
    missing = ["/password/nada", "/invitation/nada", "/no-hay-centro/agenda/", centre.url("no-hay")]
    assert leftovers(client, missing, status=404) == {}


def test_mails_to_patients_read_english(centre, monday):
    visit = book_online(centre, monday)
    with centre.active():
        planned = Delivery.objects.get(appointment_id=visit.pk, kind=kinds.CONFIRMATION)
        mail = composing.compose(planned)
    assert planned.language == "en"
    assert mail.subject == "Your appointment: {:%a} {:%-d} {:%b}, 10:00 · Clínica de Prueba".format(
        *[monday] * 3
    )
    assert left_in_spanish(mail.text) + left_in_spanish(mail.html) == []


def test_every_mail_ships_in_both_languages(centre):
    assert kinds.SHIPPED.keys() == {(kind, language) for kind in kinds.ALL for language in kinds.LANGUAGES}
    centre.speaks("administrator", "en")
    client = centre.client("administrator")
    previews = [centre.url(f"configuracion/correos/{kind}/en/vista") for kind in kinds.ALL]
    assert leftovers(client, previews) == {}


def test_mails_to_staff_read_english(centre):
    with centre.active():
        place = Place(role_id=Role.objects.first().pk)
        staff.invite("Nueva", "invitada@otra.example", place, by=STAFF, at=now())
    with tenancy.control():
        user = User.objects.get(email=centre.email("administrator"))
        invitation = Invitation.objects.latest("id")
        mails = [
            account_mails.compose_reset(Delivery(language="en", context={"user_id": user.pk})),
            account_mails.compose_invitation(
                Delivery(language="en", context={"invitation_id": invitation.pk})
            ),
        ]
    assert [left_in_spanish(mail.subject + mail.text + mail.html) for mail in mails] == [[], []]
    buttons = [re.search(r'href="http://127.0.0.1:8000([^"]+)"', mail.html)[1] for mail in mails]
    assert [left_in_spanish(Client().get(url).content.decode()) for url in buttons] == [[], []]


@pytest.mark.parametrize("wanted", ["fr-FR,de;q=0.8", "", "*"])
def test_who_reads_neither_language_gets_the_centres(centre, monday, wanted):
    speak_english(centre)
    visit = centre.book(monday)
    with centre.active():
        own = f"v/{links.token_of(visit)}/"
    client = centre.client(accept_language=wanted)
    pages = [centre.url(path) for path in ("", "privacidad", own, "login")]
    assert leftovers(client, pages) == {}
    assert client.get(centre.url("")).headers["Content-Language"] == "en"
    assert leftovers(client, [centre.url("no-hay")], status=404) == {}
    assert (
        client.get(centre.url(""), headers={"accept-language": "fr,es;q=0.4"}).headers["Content-Language"]
        == "es"
    )
    assert Tenant.objects.get(pk=centre.route.tenant_id).language == "en"
    set_state(centre.slug, "maintenance", reason="", at=now())
    assert leftovers(client, [centre.url("")], status=503) == {}


@pytest.mark.parametrize(
    ("language", "browser", "lost", "refused"),
    [
        ("en", "es", "could not find", "out of date"),
        ("es", "en", "No encontramos", "quedó vieja"),
    ],
)
def test_what_went_wrong_is_told_in_the_language_of_the_person(centre, language, browser, lost, refused):
    centre.speaks("receptionist", language)
    client = centre.client("receptionist", accept_language=browser)
    client.handler.enforce_csrf_checks = True
    assert lost in client.get(centre.url("no-hay")).content.decode()
    assert refused in client.post(centre.url("pacientes/nuevo")).content.decode()
