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


def instants_showing(day: date, minute: int, zone: str) -> list[datetime]:
    """Every instant at which the wall clock of the zone shows this minute of this day: none, one, or two.

    Told by walking UTC, minute by minute, without any of the program's own reasoning.
    """
    where = ZoneInfo(zone)
    wall = datetime(day.year, day.month, day.day, minute // 60, minute % 60)
    start = wall.replace(tzinfo=UTC) - timedelta(hours=15)
    walked = (start + timedelta(minutes=15 * n) for n in range(30 * 4 + 1))
    return [at for at in walked if at.astimezone(where).replace(tzinfo=None) == wall]


def first_instant_after(day: date, minute: int, zone: str) -> datetime:
    """The first instant at which the wall clock shows this minute of the day, or has jumped over it."""
    where = ZoneInfo(zone)
    wall = datetime(day.year, day.month, day.day, minute // 60, minute % 60)
    at = wall.replace(tzinfo=UTC) - timedelta(hours=15)
    while at.astimezone(where).replace(tzinfo=None) < wall:
        at += timedelta(minutes=15)
    return at
