"""The mail log as people see it: in a list and in the visit, by branch and right; sending again; the demo's mailbox."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connections
from django.test.utils import CaptureQueriesContext

from reservo import tenancy
from reservo.adapters.mail import Rejected
from reservo.notifications.models import Delivery
from reservo.patients.models import Patient


@pytest.fixture
def refused(centre, monday, post, at_time):
    """A confirmation that the server refused."""
    visit = centre.book(monday)
    post.transport.fail_with = [Rejected(permanent=True, code=550, text="buzón lleno")]
    at_time.forward(minutes=6)
    post.work(centre)
    with centre.active():
        return visit, Delivery.objects.get(appointment_id=visit.pk).pk


def page(cast, path, role="receptionist", **headers):
    answer = cast.client(role).get(cast.url(path), headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_shows_what_was_sent_to_whom_and_what_was_not(centre, refused):
    shown = page(centre, "correos/")
    for word in ("jose@paciente.example", "Confirmación", "rechazado", "buzón lleno", "Enviar otra vez"):
        assert word in shown


def test_problems_are_a_chip_of_their_own_with_their_number(centre, refused):
    assert "Con problema (1)" in page(centre, "correos/")
    assert "jose@paciente.example" in page(centre, "correos/?estado=problem")
    assert "jose@paciente.example" not in page(centre, "correos/?estado=accepted")
    assert "jose@paciente.example" not in page(centre, "correos/?q=nadie")


def test_the_visit_shows_its_mail_and_sends_it_again_in_place(centre, refused, post):
    visit, pk = refused
    panel = page(centre, panel_path(visit))
    assert "rechazado" in panel
    assert f"correos/{pk}/reenviar" in panel
    answer = centre.client("receptionist").post(
        centre.url(f"correos/{pk}/reenviar"), headers={"HX-Request": "true"}
    )
    assert (answer.status_code, answer.content.decode()) == (200, "Sale otra vez en un momento.")
    assert len(post.work(centre)) == 1


def panel_path(visit) -> str:
    from django.urls import reverse

    return reverse("agenda:panel", urlconf=settings.TENANT_URLCONF, args=[visit.pk]).lstrip("/")


def test_sending_again_from_the_list_says_so(centre, refused, post):
    _, pk = refused
    client = centre.client("receptionist")
    assert client.get(centre.url(f"correos/{pk}/reenviar")).status_code == 405
    answer = client.post(centre.url(f"correos/{pk}/reenviar"), follow=True)
    assert "Sale otra vez en un momento." in answer.content.decode()
    again = client.post(centre.url(f"correos/{pk}/reenviar"), follow=True)
    assert "Ese correo no necesita reenviarse." in again.content.decode()


def test_a_stranger_sees_and_sends_nothing(centre, other, refused):
    _, pk = refused
    assert other.client("administrator").post(centre.url(f"correos/{pk}/reenviar")).status_code in (302, 404)
    assert other.client("administrator").post(other.url(f"correos/{pk}/reenviar")).status_code == 404
    with centre.active():
        assert Delivery.objects.get(pk=pk).state == "rejected"


@pytest.mark.parametrize("path", ["correos/", "configuracion/por-llamar"])
def test_a_list_costs_the_same_for_one_row_as_for_three(centre, monday, at_time, path):
    with centre.active(), tenancy.atomic():
        Patient.objects.update(email="" if "llamar" in path else "jose@paciente.example")
    client = centre.client("receptionist")

    def statements() -> int:
        at_time.set(monday - timedelta(days=1))
        client.get(centre.url(path))
        with centre.active(), CaptureQueriesContext(connections["tenant"]) as seen:
            assert client.get(centre.url(path)).status_code == 200
        return len(seen)

    centre.book(monday)
    one = statements()
    for n in (1, 2):
        centre.book(monday + timedelta(hours=n))
    assert statements() == one


def test_visits_that_no_mail_reaches_are_listed_for_a_call(centre, monday, post, at_time):
    with centre.active(), tenancy.atomic():
        Patient.objects.update(email="")
    centre.book(monday)
    at_time.set(monday - timedelta(days=1))
    shown = page(centre, "configuracion/por-llamar")
    for word in ("José Muñoz", "tel:+56961234567", "No tiene correo", "Ana Rojas"):
        assert word in shown


def test_one_whose_mail_was_refused_is_listed_for_a_call_and_says_why(centre, monday, refused, at_time):
    at_time.set(monday - timedelta(days=1))
    assert "El último correo no llegó" in page(centre, "configuracion/por-llamar")


def test_nobody_is_listed_whose_mail_arrives(centre, monday, post, at_time):
    centre.book(monday)
    at_time.set(monday - timedelta(days=1))
    assert "José Muñoz" not in page(centre, "configuracion/por-llamar")


def test_the_mailbox_is_only_of_a_demo(centre, monkeypatch):
    assert centre.client().get("/mailbox/").status_code == 404
    monkeypatch.setattr(settings, "RESERVO_DEMO", True)
    assert centre.client().get("/mailbox/").status_code == 200


def test_the_mailbox_shows_a_mail_its_text_and_its_picture_safely(centre, monday, at_time, monkeypatch):
    from reservo.jobs import worker

    monkeypatch.setattr(settings, "RESERVO_DEMO", True)
    centre.book(monday)
    at_time.forward(minutes=6)
    while worker.visit(centre.route.tenant_id, "postman"):
        pass
    client = centre.client()
    listed = client.get("/mailbox/").content.decode()
    assert "Tu cita: lun" in listed
    (name, *_) = [part.split("/")[0] for part in listed.split('href="/mailbox/')[1:] if part.split("/")[0]]
    message = client.get(f"/mailbox/{name}/").content.decode()
    assert "cita.ics" in message
    html = client.get(f"/mailbox/{name}/html")
    assert "sandbox" in html["Content-Security-Policy"]
    assert client.get("/mailbox/..%2Fsecret/").status_code == 404
    for typed, is_found in (("JOSE@paciente", True), ("tu cita", True), ("nadie@", False)):
        found = client.get("/mailbox/", {"q": typed}).content.decode()
        assert ("Tu cita: lun" in found) == is_found, typed
        assert ("Ningún correo coincide." in found) != is_found, typed
