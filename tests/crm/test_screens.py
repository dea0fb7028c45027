"""Configuration of automatic mail: rules, words with their preview, and what is refused."""

from __future__ import annotations

import pytest

from reservo.crm.models import AutomaticMail
from reservo.notifications.models import MailText

WORDS = "configuracion/correos/confirmation/es"


def admin(cast):
    return cast.client("administrator")


def test_the_rules_are_shown_and_saved(centre):
    client = admin(centre)
    assert "Minutos después de reservar" in client.get(centre.url("configuracion/correos")).content.decode()
    sent = {
        "confirmation_on": "on",
        "confirmation_delay_minutes": "15",
        "copy_to": "Recepcion@Clinica.Example",
        "reminder_on": "on",
    }
    answer = client.post(centre.url("configuracion/correos"), sent, follow=True)
    assert "Cambios guardados." in answer.content.decode()
    with centre.active():
        rules = AutomaticMail.objects.get()
    assert (rules.confirmation_delay_minutes, rules.copy_to) == (15, "Recepcion@clinica.example")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("confirmation_delay_minutes", "1441"),
        ("confirmation_delay_minutes", "-1"),
        ("confirmation_delay_minutes", "cinco"),
        ("confirmation_delay_minutes", "9" * 400),
        ("copy_to", "no-es-correo"),
        ("copy_to", "a@b.com\r\nBcc: c@d.com"),
        ("copy_to", "x" * 10_000 + "@b.com"),
    ],
)
def test_wrong_rules_are_refused_at_their_field_and_nothing_changes(centre, field, value):
    sent = {"confirmation_on": "on", "confirmation_delay_minutes": "15", "copy_to": "", field: value}
    answer = admin(centre).post(centre.url("configuracion/correos"), sent)
    assert answer.status_code == 422
    assert 'class="field wrong"' in answer.content.decode()
    with centre.active():
        assert AutomaticMail.objects.get().confirmation_delay_minutes == 5


def test_the_words_are_shown_saved_and_used_by_the_preview(centre):
    client = admin(centre)
    assert "{tratamiento}" in client.get(centre.url(WORDS)).content.decode()
    client.post(centre.url(WORDS), {"subject": "Nos vemos {dia}", "body": "Hola {paciente}, ven puntual."})
    with centre.active():
        assert MailText.objects.get().subject == "Nos vemos {dia}"
    shown = client.get(centre.url(f"{WORDS}/vista"))
    assert "Hola Camila, ven puntual." in shown.content.decode()
    assert "sandbox" in shown["Content-Security-Policy"]


@pytest.mark.parametrize("kind", ["confirmation", "reminder", "moved", "cancelled"])
@pytest.mark.parametrize("language", ["es", "en"])
def test_every_text_has_a_preview_in_its_language(centre, kind, language):
    shown = admin(centre).get(centre.url(f"configuracion/correos/{kind}/{language}/vista"))
    html = shown.content.decode()
    assert shown.status_code == 200
    assert f'lang="{language}"' in html
    assert "{" not in html.split("</style>")[1]
    assert ("Camila" in html, "09:30" in html) == (True, True)


@pytest.mark.parametrize(("language", "named"), [("es", "Español"), ("en", "English")])
def test_beside_a_text_stands_the_preview_of_its_own_language(centre, language, named):
    page = admin(centre).get(centre.url(f"configuracion/correos/confirmation/{language}")).content.decode()
    address = centre.url(f"configuracion/correos/confirmation/{language}/vista")
    assert f'src="{address}"' in page
    assert f'data-preview="{address}"' in page
    assert f"({named})" in page


def test_the_preview_shows_what_is_being_typed_and_nothing_of_it_is_markup(centre):
    typed = {"subject": "x", "body": "<script>alert(1)</script> {centro} {nada}"}
    html = admin(centre).get(centre.url(f"{WORDS}/vista"), typed).content.decode()
    assert "<script" not in html
    assert "Clínica de Prueba" in html


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("", "Hola"),
        ("Hola", ""),
        ("{apellido}", "Hola"),
        ("Hola", "{{paciente}}"),
        ("Hola", "{paciente"),
        ("x" * 151, "Hola"),
        ("Hola", "x" * 5_001),
        ("Hola", "{patient}"),
    ],
)
def test_words_that_no_mail_can_be_made_of_are_refused_and_kept_for_mending(centre, subject, body):
    answer = admin(centre).post(centre.url(WORDS), {"subject": subject, "body": body})
    assert answer.status_code == 422
    assert 'class="field wrong"' in answer.content.decode()
    with centre.active():
        assert MailText.objects.count() == 0


@pytest.mark.parametrize(
    "path", ["correos/nada/es", "correos/confirmation/fr", "correos/confirmation_copy/es/vista"]
)
def test_a_text_that_does_not_exist_is_not_found(centre, path):
    assert admin(centre).get(centre.url(f"configuracion/{path}")).status_code == 404


def test_a_receptionist_sees_no_configuration_and_a_stranger_nothing(centre, other):
    assert centre.client("receptionist").get(centre.url(WORDS)).status_code == 403
    assert other.client("administrator").get(centre.url(WORDS)).status_code in (302, 404)


def test_the_trail_names_the_text_that_was_changed_and_gives_no_number_to_what_is_one(centre):
    client = admin(centre)
    given = {"subject": "Tu cita", "body": "Hola {paciente}"}
    assert client.post(centre.url("configuracion/correos/confirmation/es"), given).status_code == 302
    given = {"confirmation_on": "on", "confirmation_delay_minutes": "5"}
    assert client.post(centre.url("configuracion/correos"), given).status_code == 302
    trail = client.get(centre.url("registro/")).content.decode()
    assert "Texto de correo Confirmación (es)" in trail
    assert "Correos automáticos n.º" not in trail


def test_the_text_that_ships_comes_back(centre):
    client, address = admin(centre), centre.url("configuracion/correos/confirmation/es")
    shipped = client.get(address).content.decode()
    assert "Volver al texto original" not in shipped
    client.post(address, {"subject": "El nuestro", "body": "Hola {paciente}"})
    page = client.get(address).content.decode()
    assert ("El nuestro" in page, "Volver al texto original" in page) == (True, True)
    assert client.post(f"{address}/original").status_code == 302
    with centre.active():
        assert MailText.objects.count() == 0
    assert "El nuestro" not in client.get(address).content.decode()
    assert client.post(centre.url("configuracion/correos/nada/es/original")).status_code == 404
