"""Local days as ticks, quickly: most days have 24 regular hours and need one look-up."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

from reservo.core import ticks, zones

TICKS_OF_DAY = 24 * 60 // ticks.TICK_MINUTES


@lru_cache(maxsize=8192)
def day_ticks(day: date, zone_name: str) -> tuple[int, int]:
    """[first, end) ticks of the local day. Offsets that are no multiple of 5 minutes are history only."""
    start, end = zones.day_bounds(day, zone_name)
    return ticks.tick_floor(start), ticks.tick_floor(end)


@lru_cache(maxsize=8192)
def regular_start(day: date, zone_name: str) -> int | None:
    """The first tick of a local day on which the clocks just run; None if they change on it or at its ends."""
    first, end = day_ticks(day, zone_name)
    return first if end - first == TICKS_OF_DAY and not _changes(day, zone_name) else None


def tick_at(day: date, minute: int, zone_name: str) -> int:
    """The tick of a minute of the local day (1440: the next midnight), in a gap the first after it."""
    start = regular_start(day, zone_name)
    if start is not None:
        return start + minute // ticks.TICK_MINUTES
    return ticks.tick_ceil(zones.at_minute(day, minute, zone_name))


@lru_cache(maxsize=8192)
def _changes(day: date, zone_name: str) -> bool:
    """Whether the clocks change during this day, or at its start or end."""
    start, end = zones.day_bounds(day, zone_name)
    before, after = start - timedelta(hours=2), end + timedelta(hours=2)
    return zones.local(before, zone_name).utcoffset() != zones.local(after, zone_name).utcoffset()


@lru_cache(maxsize=8192)
def second_fold(day: date, zone_name: str) -> tuple[int, int]:
    """[first, end) ticks at which the wall clock repeats itself on this day; empty on nearly all days."""
    first, end = day_ticks(day, zone_name)
    if not _changes(day, zone_name):
        return first, first
    folded = [tick for tick in range(first, end) if zones.is_second_fold(ticks.instant_of(tick), zone_name)]
    return (folded[0], folded[-1] + 1) if folded else (first, first)


@lru_cache(maxsize=8192)
def offset_suffix(day: date, zone_name: str) -> str | None:
    """`:00-03:00`, the end of every ISO time of this day; None on a day on which the offset changes."""
    if _changes(day, zone_name):
        return None
    return ":00" + zones.local(zones.day_bounds(day, zone_name)[0], zone_name).isoformat()[19:]


CLOCK = tuple(f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(0, 24 * 60, ticks.TICK_MINUTES))


def iso_local(tick: int, day: date, zone_name: str) -> str:
    """`2026-12-01T09:00:00-03:00`."""
    suffix = offset_suffix(day, zone_name)
    if suffix is None:
        return zones.local(ticks.instant_of(tick), zone_name).isoformat()
    return f"{day.isoformat()}T{CLOCK[tick - day_ticks(day, zone_name)[0]]}{suffix}"


def iso_locals(some_ticks: list[int], day: date, zone_name: str) -> list[str]:
    """`iso_local` of many ticks of one day."""
    suffix = offset_suffix(day, zone_name)
    if suffix is None:
        return [zones.local(ticks.instant_of(tick), zone_name).isoformat() for tick in some_ticks]
    start, head = day_ticks(day, zone_name)[0], f"{day.isoformat()}T"
    return [head + CLOCK[tick - start] + suffix for tick in some_ticks]


def days_between(first: date, last: date) -> list[date]:
    """Both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def wall_of(instant: datetime, zone_name: str) -> tuple[date, int]:
    """Local date and minute of the day."""
    at = zones.local(instant, zone_name)
    return at.date(), at.hour * 60 + at.minute
