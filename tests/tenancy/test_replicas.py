"""Reads from the standby: never behind what the session wrote, never in a transaction, no write gets through."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from reservo import tenancy
from reservo.agenda import links
from reservo.agenda.models import Appointment
from reservo.config import doctor
from reservo.core.clock import now
from reservo.fleet import moves
from reservo.patients.models import Patient
from reservo.tenancy import connections as tenant_connections
from reservo.tenancy import context, replicas
from reservo.tenancy.backends.reading import ReadingWrapper, WriteOnReplica
from reservo.tenancy.models import Placement
from reservo.tenants import standbys, stores
from tests.cast import make_cast
from tests.servers import PAIRS, missing

pytestmark = pytest.mark.server
WRITES = 200


@pytest.fixture(scope="module", params=list(PAIRS))
def pair(request):
    if program := missing(request.param):
        pytest.skip(program)
    made = PAIRS[request.param]()
    yield made
    made.end()


def address_of(server, pool):
    return pool["address"].replace(str(pool["address"].split(":")[1].split("/")[0]), str(server.port))


@pytest.fixture(scope="module")
def store(pair, control):
    pool = pair.primary.pool("centros")
    made = stores.add(
        stores.Description(
            name=f"pair-{pair.engine}",
            capacity=20,
            is_dedicated=True,
            replica=address_of(pair.standby, pool),
            **pool,
        )
    )
    yield made
    tenant_connections.close_all()
    Placement.objects.filter(store=made).update(state="disabled")
    stores.remove_replica(made.name)


@pytest.fixture(scope="module")
def cast(store):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESERVO_DEFAULT_STORE", store.name)
        return make_cast()


def on_standby():
    return isinstance(connections["tenant"], ReadingWrapper)


def until_it_follows(cast):
    """The standby has all that the cast is made of."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with cast.active(), tenancy.stale_reads():
            if on_standby():
                return
        replicas._paces.clear()
        time.sleep(0.05)
    raise AssertionError("the standby does not follow")


def test_a_stale_read_comes_from_the_standby(cast):
    until_it_follows(cast)
    with cast.active():
        with tenancy.stale_reads():
            assert on_standby()
            assert Patient.objects.count() == 1
        assert not on_standby()
        assert Patient.objects.count() == 1


def test_a_standby_that_was_let_catch_up_shows_what_was_written(cast):
    until_it_follows(cast)
    with cast.active():
        for number in range(20):
            with tenancy.atomic():
                Patient.objects.update(comments=f"visit {number}")
            replicas.let_catch_up(cast.route)
            with context.from_replica():
                assert on_standby()
                assert Patient.objects.get().comments == f"visit {number}"


def test_a_server_whose_machine_went_dark_is_given_up_in_seconds(cast):
    with cast.active():
        connections["tenant"].ensure_connection()
        used = connections["tenant"].connection
        number = used.fileno() if cast.route.engine == "postgresql" else used._sock.fileno()
    with socket.socket(fileno=os.dup(number)) as line:
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 10_000
        assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 5


def test_our_guard_refuses_to_write_there(cast):
    until_it_follows(cast)
    with cast.active(), tenancy.stale_reads():
        with pytest.raises(WriteOnReplica):
            Patient.objects.update(given_name="Otro")
        with pytest.raises(WriteOnReplica), tenancy.atomic():
            pass
        with pytest.raises(WriteOnReplica), connections["tenant"].cursor() as cursor:
            cursor.execute("UPDATE patients_patient SET given_name = 'Otro'")
        assert Patient.objects.get().given_name == "José"


def test_without_our_guard_the_server_refuses(cast):
    until_it_follows(cast)
    with cast.active(), tenancy.stale_reads():
        wrapper = connections["tenant"]
        wrapper.ensure_connection()
        with pytest.raises(Exception, match=r"(?i)read.only"), wrapper.connection.cursor() as cursor:
            cursor.execute("UPDATE patients_patient SET given_name = 'Otro'")
        wrapper.close()


def test_the_standby_is_read_under_the_centre_s_own_role(cast, store, monkeypatch):
    monkeypatch.setenv("RESERVO_DEFAULT_STORE", store.name)
    other = make_cast()
    until_it_follows(other)
    quote = '"{}"' if cast.route.engine == "postgresql" else "`{}`"
    with other.active(), tenancy.stale_reads(), connections["tenant"].cursor() as cursor:
        assert on_standby()
        with pytest.raises(Exception, match=r"(?i)denied"):
            cursor.execute(f"SELECT * FROM {quote.format(cast.route.namespace)}.patients_patient")


def test_a_transaction_never_reads_there(cast):
    with (
        cast.active(),
        tenancy.atomic(),
        pytest.raises(tenancy.StaleReadInTransaction),
        tenancy.stale_reads(),
    ):
        pass


def test_another_centre_inside_is_read_from_its_own_primary(cast, centre):
    until_it_follows(cast)
    with cast.active(), tenancy.stale_reads():
        with centre.active():
            assert not on_standby()
            assert Patient.objects.count() == 1
        assert on_standby()


def browser(cast):
    client = cast.client("administrator")
    return lambda method, path, data=None: getattr(client, method)(cast.url(path), data or {})


def test_a_session_sees_what_it_wrote_and_the_standby_serves_most_of_it(cast, monkeypatch):
    """Each request in a thread of its own choice: what is to be seen is known from the cookie alone."""
    until_it_follows(cast)
    served = []
    counted = replicas.trace.note

    def count(**known):
        served.extend(["read_from"] if "read_from" in known else [])
        counted(**known)

    monkeypatch.setattr(replicas.trace, "note", count)
    ask, missed = browser(cast), []
    with ThreadPoolExecutor(1) as writing, ThreadPoolExecutor(1) as reading:
        for n in range(WRITES):
            data = {"given_name": f"Paciente{n:03}", "paternal_surname": "Nuevo", "country": "CL"}
            made = writing.submit(ask, "post", "pacientes/nuevo", data).result()
            assert made.status_code in (302, 303), made.content.decode()[-2000:]
            shown = reading.submit(ask, "get", f"pacientes/?q=Paciente{n:03}").result()
            if f"Paciente{n:03}" not in shown.content.decode().replace(f'value="Paciente{n:03}"', ""):
                missed.append(n)
        for pool in (writing, reading):
            pool.submit(tenant_connections.close_all).result()
    print(f"{cast.route.engine}: {len(served)} of {WRITES} reads right after a write from the standby")
    assert missed == []
    assert len(served) > WRITES / 2


def test_a_thread_sees_what_it_wrote_without_any_session(cast):
    until_it_follows(cast)
    for n in range(20):
        with cast.active():
            with tenancy.atomic():
                Patient.objects.filter(pk=cast.patient).update(category=f"n{n}")
            with tenancy.stale_reads():
                assert Patient.objects.get(pk=cast.patient).category == f"n{n}"


@pytest.fixture
def frozen(pair):
    """The standby receives, and shows nothing new."""
    if pair.engine == "postgresql":
        with pair.standby.admin() as admin:
            admin.execute("SELECT pg_wal_replay_pause()")
        yield
        with pair.standby.admin() as admin:
            admin.execute("SELECT pg_wal_replay_resume()")
    else:
        with pair.standby.admin() as admin, admin.cursor() as cursor:
            cursor.execute("STOP SLAVE SQL_THREAD")
        yield
        with pair.standby.admin() as admin, admin.cursor() as cursor:
            cursor.execute("START SLAVE SQL_THREAD")


def test_a_standby_that_shows_nothing_new_is_waited_for_shortly_and_then_not_read(cast, frozen):
    with cast.active():
        with tenancy.atomic():
            Patient.objects.update(category="")
        began = time.monotonic()
        with tenancy.stale_reads():
            assert not on_standby()
        assert time.monotonic() - began < 1


def test_without_the_wait_that_read_would_be_stale(cast, frozen, monkeypatch):
    """So it is the wait that makes it right."""
    monkeypatch.setattr(replicas, "_shows_enough", lambda route: True)
    with cast.active():
        with tenancy.atomic():
            Patient.objects.update(category="nueva")
        with tenancy.stale_reads():
            assert not Patient.objects.filter(category="nueva").exists()


def test_a_standby_that_is_far_behind_is_read_by_nobody(cast, frozen, monkeypatch):
    monkeypatch.setattr(replicas, "MOST_BEHIND_SECONDS", 0.2)
    monkeypatch.setattr(replicas, "LOOK_EVERY_SECONDS", 0.05)
    with cast.active():
        with tenancy.atomic():
            Patient.objects.update(category="")
        time.sleep(0.3)
        found = []

        def stranger():
            with cast.active(), tenancy.stale_reads():
                found.append(on_standby())
            tenant_connections.close_all()

        thread = threading.Thread(target=stranger)
        thread.start()
        thread.join()
    assert found == [False]


def test_check_and_show_tell_how_late_it_is(cast, store):
    until_it_follows(cast)
    found = standbys.standing(stores.named(store.name))
    assert (found.is_standby, found.is_receiving, found.may_promote) == (True, True, True)
    assert found.seconds_behind < 30
    assert [one.what for one in stores.check(store.name) if not one.well] == []


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("127.0.0.1", "host:port"),
        ("/somewhere", "host:port"),
    ],
)
def test_a_replica_that_cannot_be_is_refused(store, address, says):
    with pytest.raises(stores.BadStore, match=says):
        stores.add_replica(store.name, address)
    assert stores.named(store.name).replica == store.replica


def test_with_the_standby_gone_the_primary_is_read(cast, pair, store):
    until_it_follows(cast)
    ask = browser(cast)
    pair.standby.kill()
    try:
        for _ in range(3):
            assert ask("get", "pacientes/").status_code == 200
        assert [one.what for one in stores.check(store.name) if not one.well] == [
            f"replica {store.replica} answers"
        ]
        told = [one.what for one in doctor._replicas() if not one.well]
        assert told == [f"store {store.name}: replica {store.replica} answers"]
    finally:
        pair.standby.start()
    if pair.engine == "mariadb":
        with pair.standby.admin() as admin, admin.cursor() as cursor:
            cursor.execute("SET GLOBAL read_only = 1")
    until_it_follows(cast)


@pytest.fixture(scope="module")
def without_primary(cast, pair, monday):
    """The address of a visit's page; the primary was killed after it was made."""
    until_it_follows(cast)
    visit = cast.book(monday)
    with cast.active():
        address = links.path_of(Appointment.objects.get(pk=visit.pk))
    until_it_follows(cast)
    pair.primary.kill()
    yield address
    pair.primary.start()


def test_a_server_with_a_binary_log_lets_a_centre_move_away_only_if_it_may_note_its_changes(
    pair, store, cast, tmp_path
):
    if pair.engine != "mariadb":
        assert "may_note" not in [one.key for one in stores.check(store.name)]
        return
    files = stores.Description(
        name="beside-the-pair", engine="sqlite", address=str(tmp_path), capacity=1, is_dedicated=True
    )
    stores.add(files)
    with pair.primary.admin() as admin, admin.cursor() as cursor:
        cursor.execute("SET GLOBAL log_bin_trust_function_creators = 0")
        try:
            assert "may_note" in [one.key for one in stores.check(store.name) if not one.well]
            with pytest.raises(moves.CannotMove, match="log_bin_trust_function_creators"):
                moves.plan(cast.slug, files.name, at=now())
        finally:
            cursor.execute("SET GLOBAL log_bin_trust_function_creators = 1")
    assert "may_note" not in [one.key for one in stores.check(store.name) if not one.well]
    moves.abort(moves.plan(cast.slug, files.name, at=now()), clock=now)


@pytest.mark.usefixtures("without_primary")
class TestWithThePrimaryGone:
    @pytest.mark.parametrize(
        "path", ["", "privacidad", "theme.css", "embed.js", "?sucursal=1&servicio=1&profesional=0"]
    )
    def test_public_pages_go_on(self, cast, path):
        assert cast.client().get(cast.url(path), follow=True).status_code == 200

    def test_the_patient_s_page_goes_on(self, cast, without_primary):
        assert cast.client().get(without_primary).status_code == 200

    def test_opted_in_lists_go_on(self, cast):
        ask = browser(cast)
        for path in ("pacientes/", "correos/", "registro/", "configuracion/por-llamar"):
            answer = ask("get", path)
            assert answer.status_code == 200, path
            assert "Por ahora solo se puede consultar" in answer.content.decode(), path

    def test_what_is_not_opted_in_is_away(self, cast):
        answer = browser(cast)("get", "agenda/")
        assert (answer.status_code, bool(answer.headers["Retry-After"])) == (503, True)

    def test_the_public_interface_reads_on_and_does_not_book(self, cast, monday):
        client = cast.client()
        base = f"/api/v1/public/{cast.slug}"
        assert client.get(base).status_code == 200
        day = monday.date().isoformat()
        asked = f"service={cast.consultation}&branch={cast.branch}&from={day}&to={day}"
        times = client.get(f"{base}/availability?{asked}")
        assert times.status_code == 200
        assert times.json()["days"]
        body = {"branch": cast.branch, "service": cast.consultation, "starts_at": monday.isoformat()}
        body |= {"patient": {"given_name": "Eva"}, "privacy_accepted": True}
        refused = client.post(f"{base}/appointments", body, content_type="application/json")
        assert (refused.status_code, bool(refused.headers["Retry-After"])) == (503, True)

    def test_a_patient_s_form_is_kept_and_can_be_sent_again(self, cast):
        answer = cast.client().post(cast.url("reservar/hora"), {"sucursal": "1", "inicio": "x<y"})
        assert (answer.status_code, bool(answer.headers["Retry-After"])) == (503, True)
        page = answer.content.decode()
        assert "Estamos guardando tu hora" in page
        assert 'name="inicio" value="x&lt;y"' in page
        assert 'data-again="45"' in page

    def test_staff_s_writes_are_away(self, cast):
        answer = browser(cast)("post", "pacientes/nuevo", {"given_name": "No"})
        assert (answer.status_code, bool(answer.headers["Retry-After"])) == (503, True)


def test_booking_and_agenda_never_read_stale():
    from pathlib import Path

    import reservo

    root = Path(reservo.__file__).parent
    for path in (*root.joinpath("booking").rglob("*.py"), *root.joinpath("agenda").rglob("*.py")):
        assert re.search("stale_reads|may_be_stale", path.read_text()) is None, path
