"""Working, branch and room hours of a range of dates, as runs of ticks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from reservo.catalog.closed_days import closed_dates
from reservo.catalog.models import Branch, OpeningPeriod, WorkingException, WorkingPeriod
from reservo.core.localdays import days_between, tick_at

Run = tuple[int, int]
Window = tuple[int, int, int | None]


@dataclass(slots=True)
class Hours:
    """Runs [first, end) of ticks. A branch or room without periods of its own is open whenever somebody works."""

    zone: str
    first: date
    last: date
    working: dict[int, list[Window]] = field(default_factory=lambda: defaultdict(list))
    branch: list[Run] | None = None
    rooms: dict[int, list[Run]] = field(default_factory=dict)
    closed: dict[date, str] = field(default_factory=dict)


def load(branch: Branch, practitioner_ids: Iterable[int], first: date, last: date) -> Hours:
    """Hours of [first, last], closed days and exceptions applied; four queries however long the range."""
    hours = Hours(branch.zone, first, last)
    hours.closed = closed_dates(branch, first, last)
    days = [day for day in days_between(first, last) if day not in hours.closed]
    _put_openings(hours, branch, days)
    _put_working(hours, branch, list(practitioner_ids), days)
    return hours


def _put_openings(hours: Hours, branch: Branch, days: list[date]) -> None:
    weekly: dict[int | None, dict[int, list[Run]]] = defaultdict(lambda: defaultdict(list))
    rows = OpeningPeriod.objects.filter(branch=branch)
    for room_id, weekday, starts, ends in rows.values_list(
        "room_id", "weekday", "starts_minute", "ends_minute"
    ):
        weekly[room_id][weekday].append((starts, ends))
    for room_id, week in weekly.items():
        runs = _runs(week, days, hours.zone)
        if room_id is None:
            hours.branch = runs
        else:
            hours.rooms[room_id] = runs
    if hours.branch is None and hours.closed:
        whole_days = {weekday: [(0, 1440)] for weekday in range(7)}
        hours.branch = _runs(whole_days, days, hours.zone)


def _runs(week: dict[int, list[Run]], days: list[date], zone: str) -> list[Run]:
    return [
        (tick_at(day, starts, zone), tick_at(day, ends, zone))
        for day in days
        for starts, ends in week.get(day.weekday(), ())
    ]


def _put_working(hours: Hours, branch: Branch, practitioner_ids: list[int], days: list[date]) -> None:
    weekly: dict[int, list[tuple[int, int, int, int | None]]] = defaultdict(list)
    periods = WorkingPeriod.objects.filter(branch=branch, practitioner_id__in=practitioner_ids)
    for weekday, practitioner_id, starts, ends, room_id in periods.values_list(
        "weekday", "practitioner_id", "starts_minute", "ends_minute", "room_id"
    ):
        weekly[weekday].append((practitioner_id, starts, ends, room_id))
    off, extra = _exceptions(branch, practitioner_ids, hours.first, hours.last)
    for day in days:
        for practitioner_id, starts, ends, room_id in weekly[day.weekday()]:
            for left_start, left_end in _without(starts, ends, off.get((practitioner_id, day), ())):
                _add(hours, practitioner_id, day, left_start, left_end, room_id)
    for (practitioner_id, day), periods_of_day in extra.items():
        for starts, ends, room_id in periods_of_day:
            _add(hours, practitioner_id, day, starts, ends, room_id)
    for windows in hours.working.values():
        windows.sort(key=lambda window: window[0])


def _add(hours: Hours, practitioner_id: int, day: date, starts: int, ends: int, room_id: int | None) -> None:
    first, end = tick_at(day, starts, hours.zone), tick_at(day, ends, hours.zone)
    if first < end:
        hours.working[practitioner_id].append((first, end, room_id))


def _exceptions(branch: Branch, practitioner_ids: list[int], first: date, last: date) -> tuple[dict, dict]:
    off: dict[tuple[int, date], list[Run]] = defaultdict(list)
    extra: dict[tuple[int, date], list[Window]] = defaultdict(list)
    rows = WorkingException.objects.filter(practitioner_id__in=practitioner_ids, date__range=(first, last))
    for who, where, day, kind, starts, ends, room_id in rows.values_list(
        "practitioner_id", "branch_id", "date", "kind", "starts_minute", "ends_minute", "room_id"
    ):
        if kind == WorkingException.Kind.OFF and where in (None, branch.pk):
            off[who, day].append((starts, ends))
        elif kind == WorkingException.Kind.EXTRA and where == branch.pk:
            extra[who, day].append((starts, ends, room_id))
    return off, extra


def _without(starts: int, ends: int, taken: Iterable[Run]) -> list[Run]:
    """What is left of [starts, ends) when these minutes are taken out."""
    left = [(starts, ends)]
    for first, end in taken:
        left = [part for a, b in left for part in ((a, min(b, first)), (max(a, end), b)) if part[0] < part[1]]
    return left
