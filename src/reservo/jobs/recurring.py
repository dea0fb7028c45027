"""Work that recurs at a local time: once per (centre, branch, job, local date), whatever the clock does."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import DatabaseError

from reservo import tenancy
from reservo.core import recurrence, zones
from reservo.jobs.models import NextFiring, RecurringRun
from reservo.jobs.tasks import Task, put

LOOKED_AT_EVERY = timedelta(hours=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the schedule. The task gets `branch_id` (0 for the centre), `local_date`, `due_at` as ISO text."""

    name: str
    per_branch: bool
    minute: int
    grace: timedelta
    task: Task


@dataclass(frozen=True, slots=True)
class Place:
    """A branch (or the centre, id 0) and the clock it lives by."""

    branch_id: int
    name: str
    zone: str


@dataclass(frozen=True, slots=True)
class Firing:
    entry: Entry
    place: Place
    local_date: date
    at: datetime


_branches: list[Callable[[], list[Place]]] = []


def branches_from(function: Callable[[], list[Place]]) -> None:
    """Register how the active centre's branches are read (the catalog is above us)."""
    _branches[:] = [function]


def places_changed(*, at: datetime) -> None:
    """Branches or their clocks change in the open transaction: have the scheduler read them again after it."""
    key = tenancy.current().tenant_id
    tenancy.on_commit(lambda: look_again(key, at))


def look_again(tenant_id: int, at: datetime) -> None:
    """Have the scheduler read this centre again at once. Never raises: it does so by itself within the hour."""
    try:
        NextFiring.objects.update_or_create(tenant_id=tenant_id, defaults={"at": at})
    except DatabaseError:
        log.warning("the scheduler could not be told; it looks again by itself")


def places(entry: Entry) -> list[Place]:
    if not entry.per_branch:
        return [Place(0, "", tenancy.current().zone)]
    return [place for function in _branches for place in function()]


def firings(entries: list[Entry], start: datetime, end: datetime) -> Iterator[Firing]:
    """Every firing of the active centre in [start, end), by entry and place."""
    for entry in entries:
        for place in places(entry):
            for local_date, at in recurrence.firings(entry.minute, place.zone, start, end):
                yield Firing(entry, place, local_date, at)


def fire_due(entries: list[Entry], *, at: datetime) -> int:
    """Put the jobs that are due and within their grace, each once; how many were put."""
    longest = max((entry.grace for entry in entries), default=timedelta())
    due = [
        firing for firing in firings(entries, at - longest, at + timedelta(seconds=1)) if _is_due(firing, at)
    ]
    fired = _already_fired(due)
    fresh = [firing for firing in due if _key(firing) not in fired]
    if not fresh:
        return 0
    with tenancy.atomic():
        return sum(_fire(firing, at) for firing in fresh)


def _is_due(firing: Firing, at: datetime) -> bool:
    return firing.at <= at < firing.at + firing.entry.grace


def _already_fired(due: list[Firing]) -> set[tuple[str, int, date]]:
    dates = {firing.local_date for firing in due}
    rows = RecurringRun.objects.filter(local_date__in=dates)
    return set(rows.values_list("job", "branch_id", "local_date"))


def _key(firing: Firing) -> tuple[str, int, date]:
    return firing.entry.name, firing.place.branch_id, firing.local_date


def _fire(firing: Firing, at: datetime) -> bool:
    """Inside the transaction: the row's uniqueness decides between two schedulers."""
    made: bool
    _, made = RecurringRun.objects.get_or_create(
        job=firing.entry.name,
        branch_id=firing.place.branch_id,
        local_date=firing.local_date,
        defaults={"fired_at": at},
    )
    if made:
        args = {
            "branch_id": firing.place.branch_id,
            "local_date": firing.local_date.isoformat(),
            "due_at": firing.at.isoformat(),
        }
        put(firing.entry.task, args, at=at)
    return made


def next_firing(entries: list[Entry], *, after: datetime) -> datetime:
    """When the active centre has to be looked at again; at the latest in an hour.

    What is due at `after` has been fired; the very next moment counts, or eight o'clock would come an hour late.
    """
    end = after + LOOKED_AT_EVERY
    instants = [firing.at for firing in firings(entries, after + timedelta.resolution, end)]
    return min(instants, default=end).astimezone(UTC)


def preview(entries: list[Entry], start: datetime, end: datetime) -> list[dict[str, str]]:
    """What `reservo schedule preview` shows, in order of time."""
    rows = sorted(
        firings(entries, start, end),
        key=lambda firing: (firing.at, firing.entry.name, firing.place.branch_id),
    )
    return [
        {
            "job": firing.entry.name,
            "branch": firing.place.name,
            "zone": firing.place.zone,
            "local": zones.local(firing.at, firing.place.zone).isoformat(),
            "utc": firing.at.isoformat().replace("+00:00", "Z"),
        }
        for firing in rows
    ]
