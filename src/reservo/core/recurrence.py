"""When work that recurs daily at a local time fires: once per local date, whatever the clocks do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from reservo.core import zones


def firing(day: date, minute: int, zone_name: str) -> datetime:
    """The one instant of a local date at which a job set at `minute` of the day fires."""
    return zones.at_minute(day, minute, zone_name)


def firings(minute: int, zone_name: str, start: datetime, end: datetime) -> Iterator[tuple[date, datetime]]:
    """(local date, UTC instant) of every firing in [start, end), in order."""
    day = zones.local_date(start, zone_name) - timedelta(days=1)
    last = zones.local_date(end, zone_name) + timedelta(days=1)
    while day <= last:
        at = firing(day, minute, zone_name)
        if start <= at < end:
            yield day, at
        day += timedelta(days=1)
