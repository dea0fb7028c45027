"""Working, branch and room hours of a range of dates, as runs of ticks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from django.db import connections

from reservo.catalog.closed_days import closed_among
from reservo.catalog.models import WorkingException
from reservo.core.localdays import days_between, regular_start, tick_at
from reservo.core.ticks import TICK_MINUTES
from reservo.tenancy.context import TENANT_ALIAS

Run = tuple[int, int]
Window = tuple[int, int, int | None]
Minutes = tuple[int, int, int | None]
Week = dict[int, list[Minutes]]

_OPENING, _WORKING, _EXCEPTION, _HOLIDAY = range(4)
# The first part gives the columns their types on engines that ask for them.
_EXCEPTIONS = f"""
    SELECT {_EXCEPTION}, practitioner_id, branch_id, room_id, 0, starts_minute, ends_minute, date, kind
    FROM catalog_workingexception WHERE practitioner_id IN ({{ids}}) AND date BETWEEN %s AND %s
    UNION ALL
    SELECT {_WORKING}, practitioner_id, branch_id, room_id, weekday, starts_minute, ends_minute, NULL, NULL
    FROM catalog_workingperiod WHERE practitioner_id IN ({{ids}}) AND branch_id = %s
    UNION ALL
"""  # noqa: S608  # nosec B608: only numbers of our own are put in
_PLACE = f"""
    SELECT {_HOLIDAY}, 0, branch_id, NULL, 0, CASE WHEN is_closed THEN 1 ELSE 0 END, 0, date, name
    FROM catalog_holiday WHERE date BETWEEN %s AND %s AND (branch_id = %s OR branch_id IS NULL)
    UNION ALL
    SELECT {_OPENING}, 0, branch_id, room_id, weekday, starts_minute, ends_minute, NULL, NULL
    FROM catalog_openingperiod WHERE branch_id = %s
"""  # noqa: S608  # nosec B608: only numbers of our own are put in


class Place(Protocol):
    """What of a branch its hours depend on."""

    pk: int
    zone: str
    country: str
    region: str
    keeps_holidays: bool


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


def load(branch: Place, practitioner_ids: Iterable[int], first: date, last: date) -> Hours:
    """Hours of [first, last], closed days and exceptions applied; one query however long the range."""
    by_kind = _rows(branch, list(practitioner_ids), first, last)
    hours = Hours(branch.zone, first, last)
    own = [
        (where, _date(day), name, bool(closed))
        for _, _, where, _, _, closed, _, day, name in by_kind[_HOLIDAY]
    ]
    hours.closed = closed_among(branch, first, last, own)
    days = [
        (day, day.weekday(), regular_start(day, branch.zone))
        for day in days_between(first, last)
        if day not in hours.closed
    ]
    _put_openings(hours, by_kind[_OPENING], days)
    _put_working(hours, branch.pk, by_kind[_WORKING], by_kind[_EXCEPTION], days)
    return hours


def _rows(branch: Place, practitioner_ids: list[int], first: date, last: date) -> list[list[tuple]]:
    connection = connections[TENANT_ALIAS]
    since, until = (connection.ops.adapt_datefield_value(day) for day in (first, last))
    sql, params = _PLACE, [since, until, branch.pk, branch.pk]
    if practitioner_ids:
        ids = ", ".join(str(int(pk)) for pk in practitioner_ids)
        sql, params = _EXCEPTIONS.format(ids=ids) + sql, [since, until, branch.pk, *params]
    by_kind: list[list[tuple]] = [[], [], [], []]
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        for row in cursor.fetchall():
            by_kind[row[0]].append(row)
    return by_kind


def _date(value: Any) -> date:
    """SQLite gives texts."""
    return value if isinstance(value, date) else date.fromisoformat(value)


Days = Sequence[tuple[date, int, int | None]]


def _put_openings(hours: Hours, rows: list[tuple], days: Days) -> None:
    weekly: dict[int | None, Week] = defaultdict(lambda: defaultdict(list))
    for _, _, _, room_id, weekday, starts, ends, _, _ in rows:
        weekly[room_id][weekday].append((starts, ends, None))
    if None not in weekly and hours.closed:
        weekly[None] = {weekday: [(0, 1440, None)] for weekday in range(7)}
    for room_id, week in weekly.items():
        runs = [(first, end) for first, end, _ in _windows(week, days, hours.zone)]
        if room_id is None:
            hours.branch = runs
        else:
            hours.rooms[room_id] = runs


def _windows(week: Week, days: Days, zone: str) -> list[Window]:
    for periods in week.values():
        periods.sort(key=lambda period: period[0])
    short = {
        weekday: [(starts // TICK_MINUTES, ends // TICK_MINUTES, room) for starts, ends, room in periods]
        for weekday, periods in week.items()
    }
    found: list[Window] = []
    for day, weekday, start in days:
        if start is not None:
            found += [(start + low, start + high, room) for low, high, room in short.get(weekday, ())]
        else:
            for starts, ends, room in week.get(weekday, ()):
                _add(found, day, starts, ends, room, zone)
    return found


def _add(found: list[Window], day: date, starts: int, ends: int, room_id: int | None, zone: str) -> None:
    first, end = tick_at(day, starts, zone), tick_at(day, ends, zone)
    if first < end:
        found.append((first, end, room_id))


def _put_working(
    hours: Hours, branch_id: int, periods: list[tuple], exceptions: list[tuple], days: Days
) -> None:
    weekly: dict[int, Week] = defaultdict(lambda: defaultdict(list))
    for _, who, _, room_id, weekday, starts, ends, _, _ in periods:
        weekly[who][weekday].append((starts, ends, room_id))
    off, extra = _exceptions(exceptions, branch_id)
    for who, week in weekly.items():
        out = off.get(who, {})
        windows = _windows(week, [day for day in days if day[0] not in out], hours.zone)
        for day, weekday, _ in days:
            for starts, ends, room_id in week.get(weekday, ()) if day in out else ():
                for left_start, left_end in _without(starts, ends, out[day]):
                    _add(windows, day, left_start, left_end, room_id, hours.zone)
        hours.working[who] = windows
    for who, day, starts, ends, room_id in extra:
        _add(hours.working[who], day, starts, ends, room_id, hours.zone)
    for who in {*off, *(who for who, *_ in extra)} & set(hours.working):
        hours.working[who].sort(key=lambda window: window[0])


def _exceptions(
    rows: list[tuple], branch_id: int
) -> tuple[dict[int, dict[date, list[Run]]], list[tuple[int, date, int, int, int | None]]]:
    off: dict[int, dict[date, list[Run]]] = defaultdict(lambda: defaultdict(list))
    extra = []
    for _, who, where, room_id, _, starts, ends, day, kind in rows:
        if kind == WorkingException.Kind.OFF and where in (None, branch_id):
            off[who][_date(day)].append((starts, ends))
        elif kind == WorkingException.Kind.EXTRA and where == branch_id:
            extra.append((who, _date(day), starts, ends, room_id))
    return off, extra


def _without(starts: int, ends: int, taken: Iterable[Run]) -> list[Run]:
    """What is left of [starts, ends) when these minutes are taken out."""
    left = [(starts, ends)]
    for first, end in taken:
        left = [part for a, b in left for part in ((a, min(b, first)), (max(a, end), b)) if part[0] < part[1]]
    return left
