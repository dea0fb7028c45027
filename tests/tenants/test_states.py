"""A centre's state: closing it stops every node, with kind words, and never loses or half-writes anything."""

import threading
import time
from dataclasses import replace

import pytest
from django.db import connections as django_connections

from reservo import tenancy
from reservo.config.middleware import centre as middleware
from reservo.core.clock import now
from reservo.patients.models import Patient
from reservo.tenancy import connections, directory, namespaces
from reservo.tenancy.backends.guard import StaleEpoch
from reservo.tenancy.models import Counter, Placement
from reservo.tenants import operations
from reservo.tenants.models import StateChange
from reservo.tenants.operations import set_state


def change(cast, state, reason="prueba"):
    cast.route = set_state(cast.slug, state, reason=reason, at=now())
    return cast.route


def test_a_change_of_state_makes_a_new_epoch_on_both_sides_and_says_why(centre):
    before = centre.route
    route = change(centre, "maintenance", "cambio de disco")
    assert (route.state, route.epoch) == ("maintenance", before.epoch + 1)
    assert namespaces.epoch_of(route) == route.epoch
    assert StateChange.objects.filter(tenant_id=route.tenant_id).values_list("state", "reason").get() == (
        "maintenance",
        "cambio de disco",
    )


def test_a_node_that_knows_the_old_state_cannot_write(centre):
    old = centre.route
    change(centre, "maintenance")
    change(centre, "active")
    with tenancy.activate(old):
        for write in (lambda: Counter.objects.create(name="x"), lambda: Counter.objects.update(value=0)):
            with pytest.raises(StaleEpoch):
                write()
    with centre.active():
        Counter.objects.create(name="x")


@pytest.mark.parametrize("state", ["closed", "", "ACTIVE"])
def test_an_unknown_state_is_refused(centre, state):
    with pytest.raises(operations.BadTenant):
        set_state(centre.slug, state, reason="", at=now())
    assert directory.by_id(centre.route.tenant_id) == centre.route


def test_an_unknown_centre_is_refused(control):
    with pytest.raises(operations.UnknownTenant):
        set_state("no-hay", "active", reason="", at=now())


def test_a_crash_between_namespace_and_directory_is_healed_by_doing_it_again(centre, monkeypatch):
    monkeypatch.setattr(operations, "_note_state", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        change(centre, "maintenance")
    monkeypatch.undo()
    with centre.active(), pytest.raises(StaleEpoch):
        Counter.objects.update(value=0)
    change(centre, "active")
    with centre.active():
        Counter.objects.create(name="x")


def test_a_change_waits_for_a_writer_who_needs_the_control_plane(centre):
    """The writer holds the centre and then writes to the control plane: no lock of it may be held meanwhile."""
    done = []

    def close():
        done.append(set_state(centre.slug, "maintenance", reason="", at=now()).state)
        connections.close_all()
        django_connections["default"].close()

    began = time.monotonic()
    with centre.active(), tenancy.atomic():
        Counter.objects.create(name="x", value=5)
        other = threading.Thread(target=close)
        other.start()
        time.sleep(0.2)
        StateChange.objects.create(
            tenant_id=centre.route.tenant_id, state="note", reason="en medio", at=now()
        )
    other.join(15)
    assert done == ["maintenance"]
    assert time.monotonic() - began < 5
    with tenancy.activate(directory.by_id(centre.route.tenant_id)):
        assert Counter.objects.get(name="x").value == 5


def test_many_changes_at_once_leave_one_state_and_one_epoch(centre):
    wrong = []

    def alternate(state):
        for _ in range(5):
            try:
                set_state(centre.slug, state, reason="", at=now())
            except operations.StateContested:
                continue
            except Exception as error:
                wrong.append(error)
        connections.close_all()
        django_connections["default"].close()

    threads = [threading.Thread(target=alternate, args=[s]) for s in ("maintenance", "active", "disabled")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    route = directory.by_id(centre.route.tenant_id)
    changes = StateChange.objects.filter(tenant_id=route.tenant_id)
    assert route.epoch == centre.route.epoch + changes.count()
    assert changes.order_by("-pk").first().state == route.state
    assert namespaces.epoch_of(route) >= route.epoch
    if namespaces.epoch_of(route) != route.epoch:  # somebody gave up in the middle
        route = set_state(centre.slug, "active", reason="", at=now())
        assert namespaces.epoch_of(route) == route.epoch


# Through the pages


def test_maintenance_is_a_kind_page_with_the_time_to_come_back(centre):
    client = centre.client("receptionist")
    change(centre, "maintenance")
    for language, words in (("es", "En mantención"), ("en", "Under maintenance")):
        answer = client.get(centre.url("agenda/"), headers={"Accept-Language": language})
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "60"
        assert answer.headers["Content-Language"] == language
        assert words in answer.content.decode()
    as_json = client.get(centre.url("agenda/datos"), headers={"Accept": "application/json"})
    assert (as_json.status_code, as_json.json()["status"]) == (503, 503)


def test_a_disabled_centre_is_closed_and_opens_again_with_its_sessions(centre):
    client = centre.client("receptionist")
    change(centre, "disabled")
    assert client.get(centre.url("agenda/")).status_code == 403
    change(centre, "active")
    assert client.get(centre.url("agenda/")).status_code == 200


@pytest.fixture
def behind(centre):
    """This node still has the route of before the change; what it wrote would be lost or wrong."""

    def fall_behind(state):
        old = directory.find(centre.slug)
        change(centre, state)
        directory._keep(centre.slug, old)

    return fall_behind


PATIENT = {"given_name": "Marta", "paternal_surname": "Vera", "country": "CL"}


def patients_called_marta(centre):
    with centre.active():
        return Patient.objects.filter(given_name="Marta").count()


def test_a_form_sent_to_a_node_that_is_behind_is_asked_again_and_served_once(centre, behind):
    client = centre.client("receptionist")
    client.get(centre.url("agenda/"))
    behind("active")
    assert client.post(centre.url("pacientes/nuevo"), PATIENT).status_code == 302
    assert patients_called_marta(centre) == 1


def test_a_form_that_meets_a_change_under_way_is_kept_out_with_kind_words_and_then_served(
    centre, monkeypatch
):
    monkeypatch.setattr(middleware, "LONGEST_PAUSE_SECONDS", 0.05)
    client = centre.client("receptionist")
    client.get(centre.url("agenda/"))
    namespaces.raise_epoch(centre.route, centre.route.epoch + 1)
    refused = client.post(centre.url("pacientes/nuevo"), PATIENT)
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "1"
    assert "No se perdió nada" in refused.content.decode()
    assert patients_called_marta(centre) == 0
    change(centre, "active")
    assert client.post(centre.url("pacientes/nuevo"), PATIENT).status_code == 302
    assert patients_called_marta(centre) == 1


def test_a_form_sent_as_the_centre_closes_is_kept_out(centre, behind):
    client = centre.client("receptionist")
    client.get(centre.url("agenda/"))
    behind("maintenance")
    refused = client.post(centre.url("pacientes/nuevo"), PATIENT)
    assert (refused.status_code, patients_called_marta(centre)) == (503, 0)


def test_a_program_behind_is_told_so_as_a_problem_and_then_served(centre, behind, monday):
    client = centre.client()
    behind("active")
    booking = {
        "service": centre.consultation,
        "branch": centre.branch,
        "practitioner": None,
        "starts_at": monday.replace(hour=14).isoformat(),
        "patient": {
            "given_name": "Luz",
            "paternal_surname": "Sol",
            "email": "luz@paciente.example",
            "phone": "+56961234568",
            "country": "CL",
        },
        "privacy_accepted": True,
    }
    path = f"/api/v1/public/{centre.slug}/appointments"
    refused = client.post(path, booking, content_type="application/json")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert client.post(path, booking, content_type="application/json").status_code == 201


def test_a_node_that_is_behind_sees_the_new_state_within_a_second(centre, behind):
    client = centre.client("receptionist")
    behind("maintenance")
    began = time.monotonic()
    while client.get(centre.url("agenda/")).status_code == 200:
        assert time.monotonic() - began < 1.2
        time.sleep(0.02)
    assert client.get(centre.url("agenda/")).status_code == 503


def test_the_placements_number_is_the_centres_identity(centre):
    placement = Placement.objects.get(slug=centre.slug)
    assert placement.route() == replace(centre.route, epoch=placement.epoch)


def test_a_route_is_the_same_however_it_is_read(centre):
    facts = {"schema": "abc", "language": "en", "frame_sites": "https://www.clinica.example"}
    Placement.objects.filter(slug=centre.slug).update(**facts)
    directory.forget()
    placement = Placement.objects.select_related("store").get(slug=centre.slug)
    assert directory.find(centre.slug) == directory.by_id(placement.pk) == placement.route()
