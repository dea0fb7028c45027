"""Which sites may show the page in a frame, and the script that puts it there."""

import pytest
from django.conf import settings

from reservo import tenancy
from reservo.booking import framing
from reservo.booking.models import BookingPage
from reservo.core.clock import now
from reservo.tenancy.servers import StoreUnavailable
from reservo.tenants.operations import set_state


def ancestors(answer):
    policy = dict(
        part.strip().split(" ", 1)
        for part in answer["Content-Security-Policy"].split(";")
        if " " in part.strip()
    )
    return policy["frame-ancestors"]


def test_only_listed_sites_may_frame_the_pages_for_patients(centre, visitor, monday):
    assert ancestors(visitor.open().response) == "'self'"
    with centre.active():
        BookingPage.objects.update(frame_sites=["https://www.clinica.example", "http://localhost:9000"])
    visit = centre.book(monday)
    with centre.active():
        from reservo.agenda import links

        pages = ["", "privacidad", links.path_of(visit), "v/x/", "reservar/datos"]
    for page in pages:
        answer = visitor.open(page).response
        assert ancestors(answer) == "'self' https://www.clinica.example http://localhost:9000"
        assert "X-Frame-Options" not in answer


@pytest.mark.parametrize("path", ["login", "agenda/", "configuracion/reserva", "pacientes/"])
def test_no_staff_page_may_be_framed(centre, path):
    with centre.active():
        BookingPage.objects.update(frame_sites=["https://www.clinica.example"])
    answer = centre.client("administrator").get(centre.url(path), follow=True)
    assert ancestors(answer) == "'none'"


def test_the_script_frames_the_public_address_whatever_host_asked(centre, visitor):
    answer = visitor.client.get(centre.url("embed.js"))
    text = answer.content.decode()
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert f"{settings.RESERVO_PUBLIC_URL}/{centre.slug}/" in text
    assert not answer.cookies


@pytest.fixture
def listed(centre):
    """One site may show the page, as saved on the screen."""
    with centre.active(), tenancy.atomic():
        framing.tell_sites(["https://www.clinica.example"])
    return "'self' https://www.clinica.example"


@pytest.mark.parametrize("state", ["maintenance", "disabled"])
def test_a_closed_centre_says_so_in_the_frame_of_its_page_and_nowhere_else(centre, visitor, listed, state):
    set_state(centre.slug, state, reason="", at=now())
    for path in ("", "reservar/datos", "v/x/", "privacidad"):
        assert ancestors(visitor.open(path).response) == listed
    for path in ("login", "agenda/", "no-hay", "configuracion/reserva"):
        assert ancestors(visitor.open(path).response) == "'none'"
    script = visitor.client.get(centre.url("embed.js"))
    assert (script.status_code, f"/{centre.slug}/" in script.content.decode()) == (200, True)


def test_what_goes_wrong_with_the_data_is_said_in_the_frame_too(centre, visitor, listed, monkeypatch):
    def away(*args):
        raise StoreUnavailable("x")

    monkeypatch.setattr(BookingPage.objects, "get", away)
    answer = visitor.open().response
    assert (answer.status_code, ancestors(answer)) == (503, listed)
