"""What every answer carries, whoever asks and whatever went wrong."""

import pytest
from django.test import Client, RequestFactory, override_settings

from reservo.agenda import links
from reservo.config.middleware.security import SecurityHeadersMiddleware
from reservo.core.clock import now
from reservo.tenants.operations import set_state


def narrow(answer):
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "unsafe" not in policy
    assert "*" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] in ("same-origin", "strict-origin")
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in answer.headers["Permissions-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Server" not in answer.headers


@pytest.mark.parametrize(
    "path", ["no-hay/", "no-hay", "login", "password/forgot", "invitation/x", "mailbox/", "no/hay/nada"]
)
def test_pages_outside_a_centre_and_refusals_are_narrow_too(control, path):
    narrow(Client().get(f"/{path}"))


def test_the_address_of_a_visit_goes_nowhere_with_the_next_request(centre, monday):
    """Not from its pages, nor from those that refuse an altered link; forms work as a browser then sends them."""
    with centre.active():
        booked = centre.book(monday)
        path = links.path_of(booked)
    client = Client()
    for page in (path, f"{path}mover", f"{path}cancelar", f"{path[:-3]}xx/", f"{path}cita.ics"):
        answer = client.get(page)
        assert answer.headers["Referrer-Policy"] == "no-referrer", page
    assert client.get(centre.url()).headers["Referrer-Policy"] == "same-origin"
    confirmed = client.post(f"{path}confirmar", headers={"origin": "null"})
    assert confirmed.status_code == 303
    assert confirmed.headers["Referrer-Policy"] == "no-referrer"


def test_a_reset_or_invitation_tells_its_host_only(control):
    """Django's proof against forged forms needs to know the origin; the path with the secret is not in it."""
    for path in ("/password/x", "/invitation/x"):
        assert Client().get(path).headers["Referrer-Policy"] == "strict-origin", path


def test_refusals_inside_a_centre_are_narrow_too(centre):
    client = centre.client("accountant")
    for path, status in (("usuarios/", 403), ("no/hay", 404), ("logout", 405)):
        answer = client.get(centre.url(path))
        assert answer.status_code == status
        narrow(answer)
    centre.route = set_state(centre.slug, "maintenance", reason="", at=now())
    narrow(client.get(centre.url("agenda/")))


def test_a_broken_page_is_calm_narrow_and_tells_nothing(centre, monkeypatch):
    from reservo.patients import queries

    monkeypatch.setattr(queries, "patients_for", lambda *args, **more: 1 / 0)
    client = centre.client("administrator")
    client.raise_request_exception = False
    answer = client.get(centre.url("pacientes/"))
    assert answer.status_code == 500
    narrow(answer)
    text = answer.content.decode()
    assert "Algo falló de nuestro lado" in text
    assert "ZeroDivision" not in text
    assert "Traceback" not in text
    assert "reservo_csrf" not in answer.cookies


def through(settings, **attributes):
    with override_settings(**settings):
        from django.http import HttpResponse

        response = HttpResponse()
        for name, value in attributes.items():
            setattr(response, name, value)
        return SecurityHeadersMiddleware(lambda request: response)(RequestFactory().get("/"))


def test_https_is_kept_to_where_it_is_the_address():
    assert "Strict-Transport-Security" not in through({"RESERVO_SECURE": False}).headers
    secure = through({"RESERVO_SECURE": True}).headers["Strict-Transport-Security"]
    assert int(secure.partition("max-age=")[2].partition(";")[0]) >= 365 * 24 * 3600


def test_frames_are_refused_unless_a_view_names_the_sites():
    assert "frame-ancestors 'none'" in through({}).headers["Content-Security-Policy"]
    framed = through({}, frame_ancestors=["https://centro.example"]).headers["Content-Security-Policy"]
    assert framed.endswith("frame-ancestors 'self' https://centro.example")


def test_a_405_is_a_page_with_a_way_on(centre):
    for language, words in (("es", "Esto no es una página"), ("en", "This is not a page")):
        centre.speaks("receptionist", language)
        answer = centre.client("receptionist").get(centre.url("logout"))
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
        assert words in answer.content.decode()
        assert centre.url("agenda/") in answer.content.decode()


def test_a_patient_who_is_lost_is_led_to_booking_and_staff_to_the_agenda(centre):
    lost = Client().get(centre.url("no/hay"))
    assert lost.status_code == 404
    assert f'href="{centre.url()}"' in lost.content.decode()
    assert "agenda/" not in lost.content.decode()
    assert lost.cookies == {}
    worker = centre.client("receptionist").get(centre.url("no/hay"))
    assert centre.url("agenda/") in worker.content.decode()
