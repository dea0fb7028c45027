"""Centres on the database servers: apart by the server's own refusal, quick to make, alone in their trouble."""

from __future__ import annotations

import contextlib
import queue
import threading
import time

import pytest
from django.db import connections
from django.db.utils import DatabaseError

from reservo import tenancy
from reservo.agenda.models import Appointment
from reservo.catalog.models import RoomKind
from reservo.tenancy import connections as tenant_connections
from reservo.tenancy import servers
from reservo.tenancy.backends import aimed
from reservo.tenancy.backends.mariadb import base as mariadb_base
from reservo.tenancy.backends.postgresql import base as postgresql_base
from reservo.tenancy.models import Placement
from reservo.tenants import stores
from tests.cast import make_cast
from tests.servers import SERVERS, missing

pytestmark = pytest.mark.server


@pytest.mark.parametrize(
    ("says", "is_full"),
    [
        ("FATAL:  sorry, too many clients already", True),
        ("FATAL:  lo siento, ya tenemos demasiados clientes", True),
        ("FATAL:  demasiadas conexiones para el rol «reservo_app»", True),
        ("FATAL:  las conexiones restantes están reservadas a superusuarios y no de replicación", True),
        ("FATAL:  la autentificación password falló para el usuario «reservo_app»", False),
        ("connection refused", False),
    ],
)
def test_a_full_server_is_known_by_what_it_says_in_either_language(says, is_full):
    assert postgresql_base.says_full(RuntimeError(f"connection failed: {says}")) is is_full


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


def test_a_log_in_of_its_own_cannot_take_the_role_of_a_centre_of_another_store(server, control, pair):
    """What a pool cannot stop: SQL that itself changes role."""
    name = f"own_{time.monotonic_ns()}"
    described = server.pool(name, application=name)
    store = stores.add(stores.Description(name=name, capacity=1, is_dedicated=True, **described))
    alone, (pooled, beside) = make_cast(store=store.name), pair
    word = "SET ROLE {}" if server.engine == "mariadb" else 'SET ROLE "{}"'
    for cast, may in ((beside, True), (alone, False)):
        refused = contextlib.nullcontext() if may else pytest.raises(DatabaseError)
        with cast.active(), refused, connections["tenant"].cursor() as cursor:
            cursor.execute(word.format(pooled.route.namespace))
        tenant_connections.close_all()
    Placement.objects.filter(store=store).update(state="disabled")


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


# Connections


PROCESS = {"postgresql": "SELECT pg_backend_pid()", "mariadb": "SELECT CONNECTION_ID()"}


def process_for(cast):
    """Which process (or thread) of the server answers."""
    with cast.active(), connections["tenant"].cursor() as cursor:
        cursor.execute(PROCESS[cast.route.engine])
        return cursor.fetchone()[0]


def test_a_servers_process_is_left_before_it_remembers_too_many_centres(pair, monkeypatch):
    monkeypatch.setattr(aimed, "MOST_NAMESPACES_PER_CONNECTION", 1)
    one, two = process_for(pair[0]), process_for(pair[1])
    assert one == two
    assert process_for(pair[0]) != one
    assert len(connections_of_this_thread(pair[0])._touched) == 1


def test_a_servers_process_is_left_when_it_is_old(pair, monkeypatch):
    one = process_for(pair[0])
    assert process_for(pair[0]) == one
    monkeypatch.setattr(aimed, "LONGEST_AGE_SECONDS", -1.0)
    assert process_for(pair[0]) != one


def connections_of_this_thread(cast):
    with cast.active():
        return connections["tenant"]


@pytest.fixture(params=["postgresql", "mariadb"])
def narrow(request, control, monkeypatch):
    """A centre on a server that has room for ten of the application's connections: MariaDB takes no fewer."""
    if program := missing(request.param):
        pytest.skip(program)
    kept_for_operators = {"postgresql": 3, "mariadb": 0}[request.param]
    server = SERVERS[request.param](most_connections=ROOM + kept_for_operators)
    try:
        server.start()
        name = f"narrow-{time.monotonic_ns()}"
        stores.add(stores.Description(name=name, capacity=5, is_dedicated=True, **server.pool("narrow")))
        monkeypatch.setenv("RESERVO_DEFAULT_STORE", name)
        cast = make_cast()
        tenant_connections.close_all()
        yield cast
    finally:
        tenant_connections.close_all()
        server.end()
        Placement.objects.filter(store__name=name).update(state="disabled")


ROOM, CLIENTS = 10, 100


def test_ten_times_more_clients_than_the_server_takes_wait_or_hear_when_to_come_back(narrow):
    answers, tickets = [], queue.SimpleQueue()
    for number in range(2 * CLIENTS):
        tickets.put(number)

    def ask():
        client = narrow.client("administrator")
        while not tickets.empty():
            with contextlib.suppress(queue.Empty):
                tickets.get_nowait()
                answer = client.get(narrow.url("agenda/"))
                answers.append((answer.status_code, answer.headers.get("Retry-After")))
                tenant_connections.close_all()
        connections["default"].close()

    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    assert len(answers) == 2 * CLIENTS
    assert {status for status, _ in answers} <= {200, 503}
    assert all(retry for status, retry in answers if status == 503)
    assert (200, None) in answers


def test_who_finds_no_connection_waits_two_seconds_at_most(narrow):
    hog, hogged = threading.Event(), threading.Semaphore(0)

    def hold():
        with narrow.active():
            while True:
                with contextlib.suppress(servers.StoreUnavailable):
                    Appointment.objects.count()
                    break
            hogged.release()
            hog.wait(60)
        tenant_connections.close_all()

    client = narrow.client("administrator")
    threads = [threading.Thread(target=hold) for _ in range(ROOM)]
    for thread in threads:
        thread.start()
    try:
        for _ in threads:
            assert hogged.acquire(timeout=20)
        began = time.monotonic()
        answer = client.get(narrow.url("agenda/"))
        took = time.monotonic() - began
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert servers.LONGEST_WAIT_SECONDS <= took < servers.LONGEST_WAIT_SECONDS + 3
        threading.Timer(0.5, hog.set).start()
        assert client.get(narrow.url("agenda/")).status_code == 200
    finally:
        hog.set()
        for thread in threads:
            thread.join()


# One change of a centre at a time


def new_room_kind(client, cast, name):
    return client.post(cast.url("configuracion/lista/tipos-de-box/nuevo"), {"name": name})


def room_kinds(cast):
    with cast.active():
        return set(RoomKind.objects.values_list("name", flat=True)) & {"Sala", "Otra"}


def test_who_waits_too_long_for_a_stuck_change_is_told_so_and_neighbours_notice_nothing(pair, monkeypatch):
    for base in (postgresql_base, mariadb_base):
        monkeypatch.setattr(base, "LONGEST_WAIT_SECONDS", 1)
    tenant_connections.close_all()
    stuck, neighbour = pair
    client, beside = stuck.client("administrator"), neighbour.client("administrator")
    with stuck.held():
        assert new_room_kind(beside, neighbour, "Otra").status_code in (200, 302)
        began = time.monotonic()
        answer = new_room_kind(client, stuck, "Sala")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert 1 <= time.monotonic() - began < 4
        assert client.get(stuck.url("agenda/")).status_code == 200
        assert (room_kinds(stuck), room_kinds(neighbour)) == (set(), {"Otra"})
    assert new_room_kind(client, stuck, "Sala").status_code in (200, 302)
    assert room_kinds(stuck) == {"Sala"}
