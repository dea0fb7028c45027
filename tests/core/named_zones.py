"""The named cases: zones that have fooled programs of this kind."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

NAMED = (
    "America/Santiago",
    "America/Punta_Arenas",
    "America/Coyhaique",
    "Pacific/Easter",
    "America/Lima",
    "America/Bogota",
    "America/Argentina/Buenos_Aires",
    "America/Mexico_City",
    "America/Tijuana",
    "America/New_York",
    "America/St_Johns",
    "Europe/Madrid",
    "Atlantic/Canary",
    "Asia/Kolkata",
)
FIRST, LAST = date(2024, 1, 1), date(2037, 12, 31)
QUARTERS = range(0, 24 * 60, 15)


def days(first: date = FIRST, last: date = LAST) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@lru_cache
def change_dates(zone: str) -> tuple[date, ...]:
    """Local dates on which the offset is not the same from end to end, told by noon of neighbouring days."""
    where = ZoneInfo(zone)

    def offset(day: date) -> timedelta | None:
        return datetime(day.year, day.month, day.day, 12, tzinfo=where).utcoffset()

    return tuple(day for day in days() if offset(day) != offset(day - timedelta(days=1)))


def around_changes(zone: str) -> list[date]:
    """The change dates with the day before and the day after; two plain days where there are none."""
    near = {day + timedelta(days=n) for day in change_dates(zone) for n in (-1, 0, 1)}
    return sorted(near) or [date(2026, 3, 28), date(2026, 3, 29)]


def walked(day: date, zone: str) -> list[tuple[datetime, datetime]]:
    """(wall clock, instant) of every quarter hour around this day, found by walking UTC, with nobody's reasoning."""
    where = ZoneInfo(zone)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    instants = [start + timedelta(minutes=15 * n) for n in range(54 * 4)]
    return [(at.astimezone(where).replace(tzinfo=None), at) for at in instants]


def expected_firings(day: date, zone: str) -> list[datetime]:
    """Where a job of each quarter hour should fire: at the first instant at which the wall clock shows it, or,
    if it never does, at the first at which it has jumped over it."""
    seen = walked(day, zone)
    first: dict[datetime, datetime] = {}
    for wall, at in seen:
        first.setdefault(wall, at)
    midnight = datetime(day.year, day.month, day.day)
    walls = [midnight + timedelta(minutes=minute) for minute in QUARTERS]
    return [first.get(wall) or next(at for shown, at in seen if shown > wall) for wall in walls]
