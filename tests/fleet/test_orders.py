"""Orders: carried out by a porter, gone on with after a kill, called off, agreed to by a second person."""

from datetime import timedelta

import pytest

from reservo.audit.models import Action
from reservo.core.actor import Actor
from reservo.core.clock import now
from reservo.fleet import moves, orders, rows
from reservo.fleet.models import Backup, Move, Order, Restore
from reservo.fleet.orders import asking, carrying
from reservo.fleet.orders.endings import Ended
from reservo.patients.models import Patient
from reservo.tenancy import connections, directory
from reservo.tenancy.models import Placement
from reservo.tenants import stores
from tests.cast import STAFF
from tests.fleet.backing_up import back_up, content

OLGA = Actor("operator", 1, "Olga Vidal", "console")
RAUL = Actor("operator", 2, "Raúl Pinto", "console")


@pytest.fixture(autouse=True)
def nothing_waits(control):
    yield
    Order.objects.all().delete()


@pytest.fixture
def porter():
    made = orders.Porter()
    yield made
    connections.close_all()


@pytest.fixture
def elsewhere(control, tmp_path):
    """Another directory of files."""
    name = f"elsewhere-{now().timestamp():.3f}".replace(".", "-")
    described = stores.Description(
        name=name, engine="sqlite", address=str(tmp_path), capacity=9, is_dedicated=True
    )
    return stores.add(described).name


def ask(kind, name, **facts):
    return orders.ask(kind, name, about=orders.about_centre(name), facts=facts, by=OLGA, at=now())


def refreshed(order):
    order.refresh_from_db()
    return order


def test_of_one_thing_only_one_order_is_open():
    ask("x", "una")
    with pytest.raises(orders.AlreadyOrdered):
        ask("y", "una")
    ask("x", "otra")


def test_two_porters_never_take_the_same():
    ask("x", "una")
    first, second = carrying.take_next("a", at=now()), carrying.take_next("b", at=now())
    assert (first.holder, second) == ("a", None)


def test_what_a_dead_porter_left_is_taken_after_a_while():
    ask("x", "una")
    at = now()
    carrying.take_next("a", at=at)
    assert carrying.take_next("b", at=at + timedelta(seconds=19)) is None
    again = carrying.take_next("b", at=at + timedelta(seconds=21))
    assert (again.holder, again.attempts) == ("b", 2)


def test_one_that_kills_its_porter_each_time_is_given_up():
    order = ask("x", "una")
    Order.objects.filter(pk=order.pk).update(
        state="running", attempts=carrying.ATTEMPTS, beat_at=now() - timedelta(1)
    )
    assert not carrying.run(carrying.take_next("b", at=now()))
    assert (refreshed(order).state, order.open_for) == ("failed", None)


def test_a_failure_stands_in_words_and_the_next_gets_its_turn(porter, monkeypatch):
    monkeypatch.setitem(carrying._carriers, "bad", lambda order, clock: 1 / 0)
    monkeypatch.setitem(carrying._carriers, "good", lambda order, clock: Ended("gone"))
    bad, good = ask("bad", "una"), ask("good", "otra")
    assert porter.step(at=now())
    assert porter.step(at=now())
    assert not porter.step(at=now())
    assert refreshed(bad).error.startswith("ZeroDivisionError")
    assert (refreshed(good).state, good.said) == ("done", "gone")


# A second person


def test_what_destroys_waits_a_day_or_for_a_second_person(porter, monkeypatch):
    monkeypatch.setitem(carrying._carriers, "x", lambda order, clock: Ended("gone"))
    about, at = orders.about_centre("una"), now()
    order = orders.ask("x", "una", about=about, needs_second=True, by=OLGA, at=at)
    assert carrying.take_next("a", at=at + timedelta(hours=23)) is None
    for not_a_second in (OLGA, Actor("operator", None, "nadie", "shell"), STAFF):
        with pytest.raises(orders.SamePerson):
            orders.approve(order, by=not_a_second, at=at)
    orders.approve(order, by=RAUL, at=at)
    assert porter.step(at=now())
    assert (refreshed(order).state, order.approved_by) == ("done", "Raúl Pinto")


def test_after_a_day_it_is_carried_out_without_one():
    about, at = orders.about_centre("una"), now()
    orders.ask("x", "una", about=about, needs_second=True, by=OLGA, at=at)
    assert carrying.take_next("a", at=at + asking.SECOND_THOUGHT) is not None


def test_it_can_be_called_off_until_it_is_carried_out():
    order = ask("x", "una")
    orders.cancel(order, at=now())
    assert carrying.take_next("a", at=now()) is None
    with pytest.raises(orders.NotOpen):
        orders.cancel(order, at=now())
    running = ask("x", "una")
    carrying.take_next("a", at=now())
    with pytest.raises(orders.NotOpen):
        orders.cancel(running, at=now())


# Moves


def plan(centre, store):
    move = moves.plan(centre.slug, store, at=now())
    return move, ask(orders.MOVE, centre.slug, move=move.pk)


def digests(centre):
    with_route = directory.by_id(centre.route.tenant_id)
    from reservo import tenancy

    with tenancy.activate(with_route):
        return rows.digests()


@pytest.mark.embedded
def test_a_move_is_carried_out(porter, centre, elsewhere):
    before = digests(centre)
    _move, order = plan(centre, elsewhere)
    porter.step(at=now())
    assert refreshed(order).state == "done"
    assert Placement.objects.get(slug=centre.slug).store.name == elsewhere
    assert digests(centre) == before


@pytest.mark.embedded
def test_a_move_whose_porter_was_killed_is_gone_on_with(porter, centre, elsewhere):
    move, order = plan(centre, elsewhere)
    taken = carrying.take_next("dead", at=now())

    def killed(move):
        if move.state == Move.State.FOLLOWING:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        moves.run(move, clock=now, progress=killed)
    Order.objects.filter(pk=taken.pk).update(beat_at=now() - timedelta(minutes=1))
    porter.step(at=now())
    assert refreshed(order).state == "done"
    assert Placement.objects.get(slug=centre.slug).store.name == elsewhere


@pytest.mark.embedded
def test_a_move_that_is_stopped_leaves_the_centre_where_it_is(porter, centre, elsewhere, monkeypatch):
    move, order = plan(centre, elsewhere)
    taken = carrying.take_next(porter.name, at=now())
    orders.stop(taken)
    assert carrying.run(taken)
    move.refresh_from_db()
    assert (move.state, refreshed(order).said) == ("aborted", "aborted")
    assert Placement.objects.get(slug=centre.slug).store.name != elsewhere


@pytest.mark.embedded
def test_a_move_that_fails_says_why_and_stays_open(porter, centre, elsewhere, monkeypatch):
    def broken(*args, **kwargs):
        raise moves.NotEqual("patients_patient")

    monkeypatch.setattr(moves, "run", broken)
    move, order = plan(centre, elsewhere)
    porter.step(at=now())
    move.refresh_from_db()
    assert (refreshed(order).state, move.error, move.is_open) == (
        "failed",
        "NotEqual: patients_patient",
        True,
    )
    ask(orders.MOVE_ABORT, centre.slug, move=move.pk)
    porter.step(at=now())
    move.refresh_from_db()
    assert move.state == "aborted"


# Restores


def register(centre, name):
    from reservo import tenancy

    with tenancy.activate(directory.by_id(centre.route.tenant_id)), tenancy.atomic():
        Patient.objects.update(given_name=name)


def names(centre):
    from reservo import tenancy

    with tenancy.activate(directory.by_id(centre.route.tenant_id)):
        return set(Patient.objects.values_list("given_name", flat=True))


@pytest.mark.embedded
def test_a_centre_is_given_the_state_of_a_backup_and_back(porter, centre):
    back_up(centre.route)
    backup = Backup.objects.filter(tenant_id=centre.route.tenant_id).latest("pk")
    register(centre, "Después")
    order = orders.ask(
        orders.RESTORE,
        centre.slug,
        about=orders.about_centre(centre.slug),
        facts={"backup": backup.pk},
        reason="borraron una ficha",
        by=OLGA,
        at=now(),
    )
    porter.step(at=now())
    assert refreshed(order).error == ""
    assert names(centre) == {"José"}
    from reservo import tenancy

    with tenancy.activate(directory.by_id(centre.route.tenant_id)):
        told = Action.objects.get(action="centre.restored")
    assert (told.actor_name, told.details["reason"]) == ("Olga Vidal", "borraron una ficha")
    restored = Restore.objects.get(slug=centre.slug)
    ask(orders.RESTORE_UNDO, centre.slug, restore=restored.pk)
    porter.step(at=now())
    assert names(centre) == {"Después"}


@pytest.mark.embedded
def test_a_restore_that_a_killed_porter_had_finished_is_not_done_twice(porter, centre):
    back_up(centre.route)
    backup = Backup.objects.filter(tenant_id=centre.route.tenant_id).latest("pk")
    order = ask(orders.RESTORE, centre.slug, backup=backup.pk)
    taken = carrying.take_next("dead", at=now())
    carrying._carriers[orders.RESTORE](taken, now)
    register(centre, "Escrito después")
    Order.objects.filter(pk=taken.pk).update(beat_at=now() - timedelta(minutes=1))
    porter.step(at=now())
    assert refreshed(order).state == "done"
    assert names(centre) == {"Escrito después"}
    assert Restore.objects.filter(slug=centre.slug).count() == 1


@pytest.mark.embedded
def test_a_new_centre_is_made_of_a_backup_once(porter, centre):
    before = content(centre.slug)[0]
    back_up(centre.route)
    backup = Backup.objects.filter(tenant_id=centre.route.tenant_id).latest("pk")
    new = f"{centre.slug}-copia"
    order = ask(orders.RESTORE_AS_NEW, new, backup=backup.pk, new=new)
    taken = carrying.take_next("dead", at=now())
    carrying._carriers[orders.RESTORE_AS_NEW](taken, now)
    Order.objects.filter(pk=taken.pk).update(beat_at=now() - timedelta(minutes=1))
    porter.step(at=now())
    assert refreshed(order).state == "done"
    assert content(new)[0]["patients_patient"] == before["patients_patient"]
    assert Placement.objects.get(slug=new).state == "maintenance"
