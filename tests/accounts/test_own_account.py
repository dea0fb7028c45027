"""One's own account: sessions seen and ended, password changed."""

import re

import pytest
from django.test import Client

from reservo.accounts import devices
from reservo.accounts.models import Session, User
from reservo.accounts.operations import mark_of
from reservo.audit.models import Action
from tests.cast import PASSWORD

NEW = "otra-clave-larga-8"
CHROME = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36"
)


def enter(cast, agent="", email=None):
    client = Client(headers={"User-Agent": agent})
    client.post(cast.url("login"), {"email": email or cast.email("receptionist"), "password": PASSWORD})
    return client


def key_of(client):
    return client.cookies["reservo_session"].value


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (CHROME, "Chrome, Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox, Linux"),
        ("curl/8.1", "curl/8.1"),
        ("", ""),
    ],
)
def test_a_device_is_named_as_people_know_it(agent, name):
    assert devices.name_of(agent) == name


def test_open_sessions_are_listed_without_their_keys(centre):
    phone, desk = enter(centre, CHROME), enter(centre)
    page = desk.get(centre.url("cuenta/")).content.decode()
    assert "Chrome, Android" in page
    assert page.count("Clínica de Prueba") >= 2
    for client in (phone, desk):
        assert key_of(client) not in page


def test_a_session_elsewhere_is_ended(centre):
    phone, desk = enter(centre, CHROME), enter(centre)
    page = desk.get(centre.url("cuenta/")).content.decode()
    (mark,) = re.findall(r"cuenta/sesiones/(\w+)/cerrar", page)
    assert desk.post(centre.url(f"cuenta/sesiones/{mark}/cerrar")).status_code == 302
    assert phone.get(centre.url("agenda/")).status_code == 302
    assert desk.get(centre.url("agenda/")).status_code == 200


def test_all_the_others_are_ended_at_once(centre):
    phone, tablet, desk = (enter(centre) for _ in range(3))
    desk.post(centre.url("cuenta/sesiones/cerrar"))
    for client in (phone, tablet):
        assert client.get(centre.url("agenda/")).status_code == 302
    assert desk.get(centre.url("agenda/")).status_code == 200


def test_nobody_ends_another_persons_session(centre):
    victim, desk = enter(centre, email=centre.email("administrator")), enter(centre)
    desk.post(centre.url(f"cuenta/sesiones/{mark_of(key_of(victim))}/cerrar"))
    assert victim.get(centre.url("agenda/")).status_code == 200


def change(client, cast, current=PASSWORD, password=NEW):
    return client.post(cast.url("cuenta/"), {"current": current, "password": password})


def test_a_new_password_ends_every_session_and_is_the_one_that_counts(centre):
    phone, desk = enter(centre, CHROME), enter(centre)
    answer = change(desk, centre)
    assert answer.headers["Location"] == centre.url("login?cambiada=1")
    assert "Tu contraseña cambió" in Client().get(answer.headers["Location"]).content.decode()
    for client in (phone, desk):
        assert client.get(centre.url("agenda/")).status_code == 302
    user = User.objects.get(email=centre.email("receptionist"))
    assert (user.check_password(NEW), user.check_password(PASSWORD)) == (True, False)


@pytest.mark.parametrize(
    ("current", "password", "words"),
    [
        ("no-es-esta-clave", NEW, "Esa no es tu contraseña actual."),
        (PASSWORD, "corta", "Usa al menos 10 caracteres."),
        (PASSWORD, "password1234", "Esa contraseña es muy común"),
        (PASSWORD, "x" * 5_000, "200"),
    ],
)
def test_a_password_that_cannot_be_changed_says_why_and_changes_nothing(centre, current, password, words):
    client = enter(centre)
    answer = change(client, centre, current, password)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert client.get(centre.url("agenda/")).status_code == 200
    assert Session.objects.filter(session_key=key_of(client)).exists()


def test_ones_own_name_is_corrected_here_and_at_the_door(centre):
    desk = centre.client("receptionist")
    assert 'value="Receptionist"' in desk.get(centre.url("cuenta/")).content.decode()
    assert desk.post(centre.url("cuenta/nombre"), {"name": "Rita Pérez"}).status_code == 302
    assert "Rita Pérez" in desk.get(centre.url("agenda/")).content.decode()
    assert User.objects.get(email=centre.email("receptionist")).name == "Rita Pérez"
    with centre.active():
        line = Action.objects.get(action="staff.renamed")
        assert (line.actor_name, line.details) == (
            "Receptionist",
            {"was": "Receptionist", "is": "Rita Pérez"},
        )


@pytest.mark.parametrize("name", ["", "  ", "x" * 81])
def test_an_own_name_that_is_none_is_refused_at_its_field_and_the_password_is_left_alone(centre, name):
    answer = centre.client("receptionist").post(centre.url("cuenta/nombre"), {"name": name})
    page = answer.content.decode()
    assert (answer.status_code, page.count('class="error"')) == (422, 1)
    assert User.objects.get(email=centre.email("receptionist")).name == "Receptionist"
