"""A centre changes place while it works: equal on both sides, nothing lost, nobody else comes in."""

from __future__ import annotations

import dataclasses
import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest

from reservo import tenancy
from reservo.agenda import links
from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment
from reservo.catalog.models import ServiceCategory
from reservo.core.clock import now
from reservo.fleet import journal, moves, rows
from reservo.fleet.epochs import AHEAD
from reservo.fleet.models import Move
from reservo.fleet.moves import running
from reservo.tenancy import connections as tenant_connections
from reservo.tenancy import directory, servers
from reservo.tenancy.backends.guard import StaleEpoch
from reservo.tenants import operations, stores
from tests.cast import STAFF, make_cast

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def places(control, every_server, tmp_path_factory):
    """A store of each kind, and a second directory of files."""
    stamp = time.monotonic_ns()
    made = {}
    for server in every_server:
        described = stores.Description(
            name=f"{server.engine}-{stamp}", capacity=50, is_dedicated=True, **server.pool(f"moves_{stamp}")
        )
        made[server.engine] = stores.add(described).name
    for name in ("sqlite", "files"):
        folder = str(tmp_path_factory.mktemp(name))
        described = stores.Description(
            name=f"{name}-{stamp}", engine="sqlite", address=folder, capacity=50, is_dedicated=True
        )
        made[name] = stores.add(described).name
    return made


@pytest.fixture
def cast_in(places, monkeypatch):
    def make(engine):
        monkeypatch.setenv("RESERVO_DEFAULT_STORE", places[engine])
        return make_cast()

    yield make
    tenant_connections.close_all()


def book(cast, day, *, at, practitioner=None):
    wanted = agenda.Booking(
        branch_id=cast.branch,
        service_ids=(cast.consultation,),
        practitioner_id=practitioner or cast.ana,
        starts_at=day,
        patient_id=cast.patient,
        outside_rules=True,
        overbook=True,
    )
    with tenancy.activate(directory.find(cast.slug)):
        return agenda.book(wanted, by=STAFF, at=at).number


@contextmanager
def writers(cast, day, count=2):
    """People who book all the while; yields the numbers that were acknowledged to them."""
    acknowledged, wrong, over = [], [], threading.Event()

    def work(who):
        booked = 0
        while not over.is_set():
            starts = day + timedelta(minutes=30 * booked, days=40 * who)
            try:
                acknowledged.append(book(cast, starts, at=now(), practitioner=(cast.ana, cast.beto)[who % 2]))
                booked += 1
            except StaleEpoch:
                directory.forget(cast.slug)
            except Exception as error:
                if not servers.is_deadlock(error):
                    wrong.append(error)
            time.sleep(0.03)
        tenant_connections.close_all()

    threads = [threading.Thread(target=work, args=(who,)) for who in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield acknowledged
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert wrong == []


PAIRS = [
    ("sqlite", "files"),
    ("sqlite", "postgresql"),
    ("postgresql", "sqlite"),
    ("sqlite", "mariadb"),
    ("mariadb", "sqlite"),
    ("postgresql", "mariadb"),
    ("mariadb", "postgresql"),
]


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_a_centre_moves_while_people_book_and_nothing_is_lost(cast_in, places, monday, source, target):
    cast = cast_in(source)
    with writers(cast, monday) as acknowledged:
        time.sleep(0.3)
        move = moves.run(moves.plan(cast.slug, places[target], at=now()), clock=now)
        time.sleep(0.3)
    assert move.state == Move.State.DONE
    route = directory.by_id(cast.route.tenant_id)
    assert (route.store, route.epoch) == (places[target], cast.route.epoch + AHEAD)
    with tenancy.activate(route):
        numbers = sorted(Appointment.objects.values_list("number", flat=True))
    assert sorted(acknowledged) == numbers == list(range(1, len(numbers) + 1))
    assert moves.compare_again(move)


def test_a_node_with_the_old_route_cannot_write(cast_in, places, monday):
    cast = cast_in("sqlite")
    old = cast.route
    moves.run(moves.plan(cast.slug, places["files"], at=now()), clock=now)
    with tenancy.activate(old), pytest.raises(StaleEpoch):
        agenda.book(
            agenda.Booking(branch_id=cast.branch, service_ids=(cast.consultation,), starts_at=monday),
            by=STAFF,
            at=now(),
        )


def test_a_request_that_meets_the_pause_is_answered_at_the_new_place(cast_in, places, monkeypatch):
    cast = cast_in("sqlite")
    client = cast.client("administrator")
    stale = directory.find(cast.slug)
    moves.run(moves.plan(cast.slug, places["files"], at=now()), clock=now)
    monkeypatch.setattr(directory, "find", lambda slug: stale)
    answer = client.post(cast.url("configuracion/lista/tipos-de-box/nuevo"), {"name": "Sala"})
    assert answer.status_code in (200, 302)
    monkeypatch.undo()
    with tenancy.activate(directory.by_id(cast.route.tenant_id)):
        from reservo.catalog.models import RoomKind

        assert RoomKind.objects.filter(name="Sala").count() == 1


def test_what_was_made_at_the_new_place_is_found_by_a_node_that_knows_the_old_one(
    cast_in, places, monday, monkeypatch
):
    cast = cast_in("sqlite")
    stale = directory.find(cast.slug)
    moves.run(moves.plan(cast.slug, places["files"], at=now()), clock=now)
    number = book(cast, monday, at=now())
    with tenancy.activate(directory.by_id(cast.route.tenant_id)):
        address = links.path_of(Appointment.objects.get(number=number))
    monkeypatch.setattr(directory, "find", lambda slug: stale)
    assert cast.client().get(address).status_code == 200
    assert cast.client().post(f"{address}confirmar").status_code in (302, 303)
    assert cast.client().get(cast.url("no-hay-tal-pagina")).status_code == 404


@pytest.mark.parametrize("state", ["planned", "copying", "following", "verified"])
def test_a_move_that_was_stopped_goes_on_or_is_given_up(cast_in, places, monday, state):
    for ending in ("resume", "abort"):
        cast = cast_in("sqlite")
        first = book(cast, monday, at=now())
        move = moves.plan(cast.slug, places["files"], at=now())
        with pytest.raises(_Stopped):
            moves.run(move, clock=now, progress=_stop_at(state))
        second = book(cast, monday + timedelta(hours=1), at=now())
        move.refresh_from_db()
        if ending == "resume":
            moves.run(move, clock=now)
        else:
            moves.abort(move, clock=now)
        third = book(cast, monday + timedelta(hours=2), at=now())
        assert [first, second, third] == [1, 2, 3]
        wanted = places["files"] if ending == "resume" else places["sqlite"]
        assert directory.by_id(cast.route.tenant_id).store == wanted


@pytest.mark.parametrize("source", ["sqlite", "postgresql", "mariadb"])
def test_a_change_of_state_meanwhile_opens_no_place_that_is_closed(
    cast_in, places, monday, monkeypatch, source
):
    cast = cast_in(source)
    turn = running._flip

    def change_states():
        for state in ("maintenance", "active"):
            operations.set_state(cast.slug, state, reason="Aviso", at=now())

    def flip(move, clock):
        change_states()
        with pytest.raises(StaleEpoch):
            book(cast, monday, at=now())
        turn(move, clock)

    def while_following(move):
        if move.state == "following":
            change_states()
            book(cast, monday + timedelta(days=1), at=now())

    monkeypatch.setattr(running, "_flip", flip)
    move = moves.plan(cast.slug, places["files"], at=now())
    moves.run(move, clock=now, progress=while_following)
    old = dataclasses.replace(directory.find(cast.slug), **place_of(cast.route))
    with tenancy.activate(old), pytest.raises(StaleEpoch), tenancy.atomic():
        pass
    assert book(cast, monday, at=now()) == 2
    assert moves.compare_again(move)


def place_of(route):
    return {name: getattr(route, name) for name in ("engine", "address", "namespace", "store", "epoch")}


class _Stopped(Exception):
    pass


def _stop_at(state):
    def progress(move):
        if move.state == state or (state == "planned" and move.state == "copying"):
            raise _Stopped

    return progress


def test_a_row_that_differs_stops_the_move_before_the_flip(cast_in, places, monday):
    cast = cast_in("sqlite")
    book(cast, monday, at=now())
    move = moves.plan(cast.slug, places["files"], at=now())

    def spoil(move):
        if move.state == Move.State.FOLLOWING:
            from reservo.fleet.moves.planning import target_route

            with tenancy.activate(target_route(move)), tenancy.atomic():
                Appointment.objects.update(comment="otra cosa")

    with pytest.raises(moves.NotEqual, match="agenda_appointment"):
        moves.run(move, clock=now, progress=spoil)
    assert directory.by_id(cast.route.tenant_id).store == places["sqlite"]
    assert book(cast, monday + timedelta(hours=1), at=now()) == 2


@pytest.mark.parametrize("target", ["files", "postgresql", "mariadb"])
def test_names_that_go_from_one_to_another_meanwhile_do_not_stop_it(cast_in, places, monkeypatch, target):
    cast = cast_in("sqlite")
    with tenancy.activate(cast.route), tenancy.atomic():
        first, second = (ServiceCategory.objects.create(name=name) for name in ("Manos", "Pies"))
    monkeypatch.setattr(journal, "NOTES_AT_ONCE", 1)

    named = []

    def exchange(move):
        if move.state == "following" and not named:
            for category, name in ((first, "Uñas"), (second, "Rostro"), (first, "Pies")):
                with tenancy.activate(cast.route), tenancy.atomic():
                    ServiceCategory.objects.filter(pk=category.pk).update(name=name)
                named.append(name)

    move = moves.run(moves.plan(cast.slug, places[target], at=now()), clock=now, progress=exchange)
    with tenancy.activate(directory.find(cast.slug)):
        found = dict(ServiceCategory.objects.filter(pk__in=[first.pk, second.pk]).values_list("pk", "name"))
    assert found == {first.pk: "Pies", second.pk: "Rostro"}
    assert moves.compare_again(move)


def test_a_centre_that_was_flipped_does_not_wait_for_the_place_it_left(cast_in, places, monday, monkeypatch):
    cast = cast_in("sqlite")

    def away():
        raise servers.StoreUnavailable("it died")

    monkeypatch.setattr(journal, "end", away)
    move = moves.run(moves.plan(cast.slug, places["files"], at=now()), clock=now)
    assert (move.state, move.open_for) == (Move.State.DONE, None)
    assert move.report["old_place"] == f"{places['sqlite']} does not answer"
    assert book(cast, monday, at=now()) == 1


def test_two_on_their_way_do_not_share_the_last_room(cast_in, places, tmp_path):
    one, other = cast_in("sqlite"), cast_in("sqlite")
    narrow = stores.Description(
        name=f"narrow-{time.monotonic_ns()}",
        engine="sqlite",
        address=str(tmp_path),
        capacity=1,
        is_dedicated=True,
    )
    narrow = stores.add(narrow).name
    first = moves.plan(one.slug, narrow, at=now())
    with pytest.raises(moves.CannotMove, match="full"):
        moves.plan(other.slug, narrow, at=now())
    moves.abort(first, clock=now)
    moves.run(moves.plan(other.slug, narrow, at=now()), clock=now)
    with pytest.raises(moves.CannotMove, match="full"):
        moves.plan(one.slug, narrow, at=now())


def test_moves_that_make_no_sense_are_refused(cast_in, places):
    cast = cast_in("sqlite")
    with pytest.raises(moves.CannotMove):
        moves.plan(cast.slug, places["sqlite"], at=now())
    with pytest.raises(moves.CannotMove):
        moves.plan("no-hay-tal", places["files"], at=now())
    with pytest.raises(stores.UnknownStore):
        moves.plan(cast.slug, "no-hay-tal", at=now())
    moves.plan(cast.slug, places["files"], at=now())
    with pytest.raises(moves.AlreadyMoving):
        moves.plan(cast.slug, places["files"], at=now())


def test_the_old_place_is_kept_seven_days(cast_in, places):
    cast = cast_in("sqlite")
    move = moves.run(moves.plan(cast.slug, places["files"], at=now()), clock=now)
    with pytest.raises(moves.CannotMove):
        moves.remove_source(move, at=now() + timedelta(days=6))
    moves.remove_source(move, at=now() + timedelta(days=8))
    with pytest.raises(moves.NoSuchMove):
        moves.remove_source(moves.move_of(cast.slug), at=now() + timedelta(days=8))


def test_a_preview_counts_and_writes_nothing(cast_in, places):
    cast = cast_in("sqlite")
    with cast.active():
        before = rows.digests()
    assert moves.preview(cast.slug, places["files"]).rows["catalog_service"] == 3
    with cast.active():
        assert rows.digests() == before
    assert not Move.objects.filter(slug=cast.slug).exists()


def test_two_movers_of_one_move_are_one_too_many(cast_in, places):
    cast = cast_in("sqlite")
    move = moves.plan(cast.slug, places["files"], at=now())
    refused = []

    def meddle(moving):
        if not refused:
            with pytest.raises(moves.AlreadyMoving):
                moves.run(moves.move_of(cast.slug), clock=now)
            refused.append(moving.state)

    assert moves.run(move, clock=now, progress=meddle).state == Move.State.DONE
    assert refused
