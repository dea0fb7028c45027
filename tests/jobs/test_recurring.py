"""Recurring work against the database: once per local date, with two schedulers, restarts, and an outage."""

from __future__ import annotations

import random
import threading
from datetime import date, timedelta

import pytest

from reservo import tenancy
from reservo.core import recurrence, zones
from reservo.core.clock import now
from reservo.jobs import recurring, scheduler
from reservo.jobs.models import Job, NextFiring, RecurringRun
from reservo.jobs.recurring import Entry
from reservo.jobs.scheduler import Scheduler
from reservo.tenancy import connections
from tests.core.named_zones import NAMED, QUARTERS, change_dates
from tests.jobs import work

GRACE = timedelta(hours=12)
QUARTER_HOURLY = [Entry(f"at_{minute}", False, minute, GRACE, work.count) for minute in QUARTERS]
OUTAGE = timedelta(hours=3)


def two_schedulers() -> list[Scheduler]:
    pair = [Scheduler(QUARTER_HOURLY), Scheduler(QUARTER_HOURLY)]
    for one, name in zip(pair, ("first", "second"), strict=True):
        one.name = name
    return pair


def live_through(day: date, zone: str, *, seed: int) -> None:
    """From the evening before to the morning after: ticks at odd moments, restarts, an outage across the change."""
    dice = random.Random(seed)
    start, end = zones.day_bounds(day, zone)
    at, end = start - timedelta(hours=3), end + timedelta(hours=3)
    change = _change_between(at, end, zone) or start
    outage = change - timedelta(minutes=dice.randrange(10, 170))
    schedulers = two_schedulers()
    while at < end:
        if dice.random() < 0.2:
            schedulers = two_schedulers()
        if not outage <= at < outage + OUTAGE:
            for one in dice.sample(schedulers, k=2):
                one.turn(at=at)
        at += timedelta(minutes=dice.randrange(7, 40), seconds=dice.randrange(60))
    for one in two_schedulers():
        NextFiring.objects.update(at=at)
        one.turn(at=at + timedelta(seconds=30))


def _change_between(low, high, zone):
    first = zones.local(low, zone).utcoffset()
    while low < high:
        if zones.local(low, zone).utcoffset() != first:
            return low
        low += timedelta(minutes=15)
    return None


def check_fired_once(day: date, zone: str) -> None:
    runs = list(RecurringRun.objects.filter(local_date=day).values_list("job", "fired_at"))
    assert sorted(job for job, _ in runs) == sorted(entry.name for entry in QUARTER_HOURLY)
    for job, fired_at in runs:
        due = recurrence.firing(day, int(job[3:]), zone)
        assert due <= fired_at < due + OUTAGE + timedelta(hours=1)
    jobs = list(Job.objects.filter(args__local_date=day.isoformat()).values_list("args", flat=True))
    dues = sorted(args["due_at"] for args in jobs)
    assert dues == sorted(recurrence.firing(day, minute, zone).isoformat() for minute in QUARTERS)


CI_CASES = [
    (date(2026, 9, 6), "America/Santiago"),
    (date(2026, 4, 4), "America/Santiago"),
    (date(2026, 9, 5), "Pacific/Easter"),
    (date(2026, 3, 29), "Europe/Madrid"),
    (date(2026, 11, 1), "America/St_Johns"),
]


@pytest.mark.parametrize(("day", "zone"), CI_CASES)
def test_every_quarter_hour_fires_once_across_a_change_of_the_clocks(alone, day, zone):
    route = alone("cambio", zone)
    live_through(day, zone, seed=day.toordinal())
    with tenancy.activate(route):
        check_fired_once(day, zone)


@pytest.mark.full
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("zone", NAMED)
def test_every_quarter_hour_fires_once_across_all_changes_of_fourteen_years(alone, zone):
    route = alone("catorce", zone)
    for day in change_dates(zone) or (date(2026, 3, 29),):
        for near in (day - timedelta(days=1), day):
            live_through(near, zone, seed=near.toordinal())
            with tenancy.activate(route):
                check_fired_once(near, zone)


def test_two_schedulers_at_the_very_same_moment_fire_once(alone):
    route = alone("juntos")
    entries = [Entry("same", False, 8 * 60, GRACE, work.count)]
    at = recurrence.firing(date(2026, 12, 1), 8 * 60, route.zone)
    barrier = threading.Barrier(4)

    def fire() -> None:
        barrier.wait()
        with tenancy.activate(route):
            recurring.fire_due(entries, at=at)
        connections.close_all()

    threads = [threading.Thread(target=fire) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tenancy.activate(route):
        assert (RecurringRun.objects.count(), Job.objects.count()) == (1, 1)


@pytest.mark.parametrize("before", [timedelta.resolution, timedelta(milliseconds=43), timedelta(seconds=1)])
def test_a_centre_that_was_looked_at_a_moment_before_the_hour_is_looked_at_on_it(alone, before):
    route = alone("justo")
    entries = [Entry("punctual", False, 8 * 60, GRACE, work.count)]
    due = recurrence.firing(date(2026, 12, 1), 8 * 60, route.zone)
    active, _ = two_schedulers()
    active._entries = entries
    active.turn(at=due - before)
    assert NextFiring.objects.get(pk=route.tenant_id).at == due
    active.turn(at=due)
    with tenancy.activate(route):
        assert RecurringRun.objects.filter(local_date=date(2026, 12, 1)).count() == 1


def test_what_is_older_than_its_grace_is_not_caught_up(alone):
    route = alone("tarde")
    entries = [Entry("late", False, 8 * 60, timedelta(hours=2), work.count)]
    due = recurrence.firing(date(2026, 12, 1), 8 * 60, route.zone)
    with tenancy.activate(route):
        assert recurring.fire_due(entries, at=due - timedelta(seconds=1)) == 0
        assert recurring.fire_due(entries, at=due + timedelta(hours=2)) == 0
        assert recurring.fire_due(entries, at=due + timedelta(hours=1, minutes=59)) == 1


def test_only_one_scheduler_is_active_and_another_takes_over_from_a_dead_one(alone):
    alone("relevo")
    first, second = two_schedulers()
    at = now()
    assert first.turn(at=at) == 1
    assert second.turn(at=at) == 0
    NextFiring.objects.update(at=at)
    over = at + scheduler.LEASE + timedelta(seconds=6)
    assert second.turn(at=over) == 1
    assert first.turn(at=over) == 0


def test_a_centre_made_while_the_scheduler_runs_is_scheduled(alone):
    alone("viejo")
    active, _ = two_schedulers()
    active.turn(at=now())
    new = alone("nuevo")
    active.turn(at=now())
    assert NextFiring.objects.filter(pk=new.tenant_id).exists()


def test_a_changed_branch_is_read_again_at_once(alone):
    route = alone("muda")
    active, _ = two_schedulers()
    active.turn(at=now())
    at = now()
    with tenancy.activate(route), tenancy.atomic():
        recurring.places_changed(at=at)
    assert NextFiring.objects.get(pk=route.tenant_id).at == at


def test_a_centre_under_maintenance_catches_up_afterwards(alone):
    from reservo.tenancy import directory
    from reservo.tenancy.models import Placement

    route = alone("obras")
    active, _ = two_schedulers()
    Placement.objects.filter(pk=route.tenant_id).update(state="maintenance")
    directory.forget()
    due = recurrence.firing(date(2026, 12, 1), 8 * 60, route.zone)
    NextFiring.objects.create(tenant_id=route.tenant_id, at=due)
    active.turn(at=due)
    with tenancy.activate(route):
        assert RecurringRun.objects.count() == 0
    Placement.objects.filter(pk=route.tenant_id).update(state="active")
    active.turn(at=due + timedelta(minutes=20))
    with tenancy.activate(route):
        assert RecurringRun.objects.filter(job="at_480").count() == 1


def test_the_preview_lists_each_firing_with_branch_zone_and_both_clocks(centre):
    with centre.active():
        rows = recurring.preview(
            [Entry("reminders", True, 8 * 60, GRACE, work.count)],
            *zones.day_bounds(date(2026, 12, 1), "America/Santiago"),
        )
    assert rows == [
        {
            "job": "reminders",
            "branch": "Centro",
            "zone": "America/Santiago",
            "local": "2026-12-01T08:00:00-03:00",
            "utc": "2026-12-01T11:00:00Z",
        }
    ]
