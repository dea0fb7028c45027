"""Which sites may show the page in a frame, and the script that puts it there."""

import pytest
from django.conf import settings

from reservo.booking.models import BookingPage


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
