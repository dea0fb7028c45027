"""Hints may be early, doubled, rolled back or lost: no job is lost, none is done twice, no change fails for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from reservo import jobs, tenancy
from reservo.adapters import bus
from reservo.core.clock import now
from reservo.jobs import sweeping, wakeups, worker
from reservo.jobs.models import Job, Wakeup
from tests.jobs import work
from tests.locking import Holder


@pytest.fixture
def nudges():
    """What the workers of this installation hear."""
    listening = bus.current().subscribe("jobs")
    yield listening
    listening.close()


def age_hint(route, age: timedelta) -> None:
    Wakeup.objects.filter(pk=route.tenant_id).update(hinted_at=now() - age)


def test_a_hint_stands_before_the_commit_and_a_nudge_follows_it(alone, nudges):
    route = alone("orden")
    with tenancy.activate(route), tenancy.atomic():
        jobs.put(work.count, at=now())
        assert Wakeup.objects.filter(pk=route.tenant_id).exists()
        assert nudges.receive(0) is None
    assert nudges.receive(1)["tenant"] == route.tenant_id


def test_many_jobs_of_a_transaction_hint_once(alone, nudges):
    route = alone("muchos")
    at = now()
    with tenancy.activate(route), tenancy.atomic():
        for _ in range(5):
            jobs.put(work.count, at=at)
    assert Wakeup.objects.get(pk=route.tenant_id).generation == 1
    assert nudges.receive(1)
    assert nudges.receive(0) is None


def test_a_hint_seen_a_moment_ago_is_not_read_again(alone):
    """No worker may clear it yet, so the next transactions do not ask the control database at all."""
    route = alone("seguido")
    with tenancy.activate(route):
        jobs.put(work.count, at=now())
        with CaptureQueriesContext(connections["default"]) as asked:
            jobs.put(work.count, at=now())
    assert asked.captured_queries == []


def test_a_hint_for_later_does_not_stand_for_work_that_is_due_now(alone):
    route = alone("luego")
    at = now()
    with tenancy.activate(route):
        jobs.put(work.count, at=at, run_at=at + timedelta(hours=1))
        jobs.put(work.count, at=at)
    assert Wakeup.objects.get(pk=route.tenant_id).due_at == at


def test_a_hint_that_was_seen_is_read_again_after_a_few_seconds(alone, monkeypatch):
    monkeypatch.setattr(wakeups, "LOOK_AGAIN", timedelta())
    route = alone("rato")
    with tenancy.activate(route):
        jobs.put(work.count, at=now())
        Wakeup.objects.all().delete()
        jobs.put(work.count, at=now())
    assert Wakeup.objects.filter(pk=route.tenant_id).exists()


def test_an_earlier_job_of_the_same_transaction_hints_again(alone):
    route = alone("antes")
    at = now()
    with tenancy.activate(route), tenancy.atomic():
        jobs.put(work.count, at=at, run_at=at + timedelta(hours=1))
        jobs.put(work.count, at=at)
    assert Wakeup.objects.get(pk=route.tenant_id).due_at == at


def test_a_job_put_after_a_savepoint_was_rolled_back_is_nudged_for(alone, nudges):
    """The nudge of the first one went with its savepoint."""
    route = alone("punto")
    with tenancy.activate(route), tenancy.atomic():
        with pytest.raises(ZeroDivisionError), tenancy.atomic():  # noqa: PT012
            jobs.put(work.count, at=now())
            raise ZeroDivisionError
        jobs.put(work.count, at=now())
    assert nudges.receive(1)["tenant"] == route.tenant_id


def test_on_the_control_plane_a_rolled_back_savepoint_takes_no_later_hint_with_it(alone):
    with tenancy.control(), tenancy.atomic():
        with pytest.raises(ZeroDivisionError), tenancy.atomic():  # noqa: PT012
            jobs.put(work.count, at=now())
            raise ZeroDivisionError
        jobs.put(work.count, at=now())
    assert Wakeup.objects.filter(pk=0).exists()
    with tenancy.control():
        Job.objects.all().delete()


def test_a_hint_of_a_rolled_back_transaction_leads_to_nothing_and_is_cleared_when_old(alone):
    route = alone("vuelta")
    with tenancy.activate(route), pytest.raises(ZeroDivisionError), tenancy.atomic():  # noqa: PT012
        jobs.put(work.count, at=now())
        raise ZeroDivisionError
    assert worker.visit(route.tenant_id, "w1") == 0
    assert Wakeup.objects.filter(pk=route.tenant_id, due_at__gt=now()).exists()
    age_hint(route, wakeups.LONGEST_TRANSACTION + timedelta(seconds=1))
    assert worker.visit(route.tenant_id, "w1") == 0
    assert not Wakeup.objects.filter(pk=route.tenant_id).exists()


def test_a_worker_that_looks_before_the_commit_looks_again(alone):
    """Early: the hint is there, the job not yet; a young hint is not cleared."""
    route = alone("pronto")
    wakeups.hint(route.tenant_id, now())
    assert worker.visit(route.tenant_id, "w1") == 0
    with tenancy.activate(route):
        Job.objects.create(task="test.count", run_at=now(), created_at=now())
    again = Wakeup.objects.get(pk=route.tenant_id).due_at
    assert now() < again <= now() + wakeups.LOOK_AGAIN
    assert worker.visit(route.tenant_id, "w1") == 1


def test_a_hint_given_while_a_worker_looks_is_not_cleared(alone):
    route = alone("mientras")
    wakeups.hint(route.tenant_id, now())
    age_hint(route, timedelta(hours=1))
    taken = wakeups.take(route.tenant_id, at=now())
    wakeups.hint(route.tenant_id, now())
    wakeups.settle(taken, None, at=now())
    kept = Wakeup.objects.get(pk=route.tenant_id)
    assert (kept.taken_until, kept.generation) == (None, 2)
    assert kept.due_at <= now()


def test_one_worker_at_a_time_has_a_centre_and_a_dead_one_loses_it(alone):
    route = alone("turno")
    wakeups.hint(route.tenant_id, now())
    at = now()
    assert wakeups.take(route.tenant_id, at=at)
    assert wakeups.take(route.tenant_id, at=at) is None
    assert wakeups.take(route.tenant_id, at=at + wakeups.TAKEN_FOR)


def test_a_nudge_for_a_centre_that_somebody_has_makes_him_look_again(alone):
    route = alone("ocupado")
    with tenancy.activate(route):
        jobs.put(work.count, at=now())
    mine = wakeups.take(route.tenant_id, at=now())
    other = worker.Worker()
    other._hear(route.tenant_id, -1)
    other.look()
    wakeups.settle(mine, now() + timedelta(hours=1), at=now())
    assert Wakeup.objects.get(pk=route.tenant_id).due_at <= now()


@pytest.fixture
def locked_control():
    """Another process holds the control database against writers of hints."""
    holder = Holder()
    yield holder
    holder.end()


def test_a_hint_that_cannot_be_written_is_kept_and_repeated_and_the_change_stands(alone, locked_control):
    route = alone_unlocked(alone, locked_control, "sordo")
    began = now()
    with tenancy.activate(route), tenancy.atomic():
        jobs.put(work.count, at=began)
    assert now() - began < timedelta(seconds=3)
    with tenancy.activate(route):
        assert Job.objects.count() == 1
    assert not Wakeup.objects.filter(pk=route.tenant_id).exists()
    wakeups.repeat_unwritten()
    assert route.tenant_id in wakeups._unwritten
    locked_control.let_go()
    wakeups.repeat_unwritten()
    assert Wakeup.objects.get(pk=route.tenant_id).due_at == began
    assert wakeups._unwritten == {}


def alone_unlocked(alone, holder, slug):
    holder.let_go()
    route = alone(slug)
    holder.hold()
    return route


def test_a_booking_does_not_fail_when_no_hint_can_be_written(centre, monday, locked_control):
    """The whole way: visit, event, mail and job are there, the hint follows later."""
    from reservo.notifications.models import Delivery

    visit = centre.book(monday)
    with centre.active():
        assert Delivery.objects.filter(appointment_id=visit.pk, kind="confirmation").count() == 1
    locked_control.let_go()
    wakeups.repeat_unwritten()
    assert Wakeup.objects.filter(pk=centre.route.tenant_id).exists()


def test_a_broken_bus_loses_no_job(alone, visited):
    """Nobody listens: the hint alone leads there."""
    route = alone("mudo")
    with tenancy.activate(route):
        jobs.put(work.count, at=now())
        assert [key for key, _ in wakeups.due(10, at=now())] == [route.tenant_id]
        assert visited(route) == 1
        assert work.counted() == 1


@pytest.mark.parametrize("loss", ["gone", "late"])
def test_the_slow_sweep_heals_a_hint_that_was_lost(alone, loss):
    route = alone("barrido")
    at = now()
    with tenancy.activate(route):
        jobs.put(work.count, at=at)
    if loss == "gone":
        Wakeup.objects.all().delete()
        wakeups.forget()
    else:
        Wakeup.objects.update(due_at=at + timedelta(days=1))
    assert sweeping.sweep() == 1
    assert Wakeup.objects.get(pk=route.tenant_id).due_at == at
    assert sweeping.sweep() == 0


def test_the_sweep_goes_through_all_centres_in_small_steps_and_one_worker_does_it(alone):
    routes = [alone(f"paso-{n}") for n in range(3)]
    for route in routes:
        with tenancy.activate(route):
            jobs.put(work.count, at=now())
    Wakeup.objects.all().delete()
    wakeups.forget()
    mine, other = sweeping.Sweep("mine"), sweeping.Sweep("other")
    at = now()
    mended = [mine.step(at=at + timedelta(seconds=5 * n)) for n in range(4)]
    assert (sum(mended), max(mended)) == (3, 1)
    assert other.step(at=at + timedelta(seconds=15)) == 0


def test_the_sweep_heals_the_control_plane_too(alone):
    with tenancy.control():
        jobs.put(work.count, at=now())
    Wakeup.objects.all().delete()
    wakeups.forget()
    assert sweeping.mend_control()
    with tenancy.control():
        Job.objects.all().delete()
