"""Centres on the database servers: apart by the server's own refusal, quick to make, alone in their trouble."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connections
from django.db.utils import DatabaseError

from reservo import tenancy
from reservo.agenda.models import Appointment
from reservo.tenancy import connections as tenant_connections
from reservo.tenancy.models import Placement
from reservo.tenants import stores
from tests.cast import make_cast

pytestmark = pytest.mark.server


@pytest.fixture
def pool(server, control):
    """A store of its own on the session's server of this engine."""
    name = f"{server.engine}-{time.monotonic_ns()}"
    store = stores.add(
        stores.Description(name=name, capacity=20, is_dedicated=True, **server.pool(name.replace("-", "_")))
    )
    yield store
    tenant_connections.close_all()
    Placement.objects.filter(store=store).update(state="disabled")


@pytest.fixture
def pair(pool, monkeypatch):
    monkeypatch.setenv("RESERVO_DEFAULT_STORE", pool.name)
    return make_cast(), make_cast()


def test_a_centre_on_a_server_books(pair, monday):
    first, second = pair
    assert first.book(monday).number == 1
    with second.active():
        assert not Appointment.objects.exists()


def test_the_server_itself_refuses_another_centres_rows(pair):
    first, second = pair
    quote = connections["default"].ops.quote_name if first.route.engine == "postgresql" else "`{}`".format
    foreign = quote(second.route.namespace)
    with first.active(), connections["tenant"].cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM agenda_appointment")
    for statement in (
        f"SELECT * FROM {foreign}.agenda_appointment",
        f"SELECT * FROM {foreign}.patients_patient",
        f"CREATE TABLE {foreign}.mine (a INT)",
    ):
        with (
            first.active(),
            pytest.raises(DatabaseError),
            tenancy.atomic(),
            connections["tenant"].cursor() as cursor,
        ):
            cursor.execute(statement)


def test_the_applications_log_in_has_no_rights_of_its_own(pool):
    assert [finding.what for finding in stores.check(pool.name) if not finding.well] == []


def test_connections_depend_on_threads_and_not_on_centres(pair):
    for _ in range(3):
        for cast in pair:
            with cast.active():
                Appointment.objects.count()
    with pair[0].active():
        first = connections["tenant"].connection
    with pair[1].active():
        assert connections["tenant"].connection is first


def test_a_dead_store_takes_only_its_own_centres_down(centre, server, pair):
    at_server, at_home = pair[0].client("administrator"), centre.client("administrator")
    assert at_server.get(pair[0].url("agenda/")).status_code == 200
    server.kill()
    try:
        started = time.monotonic()
        for _ in range(3):
            answer = at_server.get(pair[0].url("agenda/"))
            assert answer.status_code == 503
            assert answer.headers["Retry-After"]
        assert time.monotonic() - started < 3 * 2.5
        assert at_home.get(centre.url("agenda/")).status_code == 200
    finally:
        server.start()
    assert at_server.get(pair[0].url("agenda/")).status_code == 200


def test_while_one_thread_tries_a_sick_store_the_others_are_refused_at_once():
    from django.db import OperationalError

    from reservo.tenancy.servers import Gate, StoreUnavailable

    gate, waiting, release = Gate(), threading.Event(), threading.Event()

    def dead():
        raise OperationalError("gone")

    def hangs():
        waiting.set()
        release.wait(5)
        raise OperationalError("gone")

    with pytest.raises(StoreUnavailable):
        gate.through(dead, is_full=lambda error: False)
    tried = []
    thread = threading.Thread(target=lambda: _quiet(gate, hangs, tried))
    thread.start()
    assert waiting.wait(2)
    with pytest.raises(StoreUnavailable):
        gate.through(lambda: tried.append("second"), is_full=lambda error: False)
    release.set()
    thread.join()
    assert tried == ["refused"]
    assert gate.through(lambda: "well again", is_full=lambda error: False) == "well again"


def _quiet(gate, connect, tried):
    from reservo.tenancy.servers import StoreUnavailable

    try:
        gate.through(connect, is_full=lambda error: False)
    except StoreUnavailable:
        tried.append("refused")


def test_a_capacity_reached_is_said_and_a_drained_store_takes_nobody(pool, pair, monkeypatch):
    from reservo.core.clock import now
    from reservo.tenants.operations import create_tenant

    stores.set_capacity(pool.name, 2)
    with pytest.raises(stores.NoRoom):
        create_tenant("uno-mas", name="Uno", country="CL", zone="America/Santiago", store=pool.name, at=now())
    stores.set_capacity(pool.name, 5)
    stores.drain(pool.name)
    with pytest.raises(stores.NoRoom):
        create_tenant("uno-mas", name="Uno", country="CL", zone="America/Santiago", store=pool.name, at=now())
    with pair[0].active():
        assert tenancy.current().store == pool.name


def test_passwords_are_sealed_in_the_control_plane(pool):
    from tests.servers import APPLICATION_PASSWORD, PROVISIONER_PASSWORD

    kept = pool.sealed_password + pool.sealed_provisioner_password
    assert APPLICATION_PASSWORD not in kept
    assert PROVISIONER_PASSWORD not in kept
