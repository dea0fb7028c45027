"""Time in steps of five minutes: a tick is UTC epoch minutes // 5, a period [start, end) a run of them."""

from __future__ import annotations

from datetime import UTC, datetime

TICK_MINUTES = 5
_SECONDS = TICK_MINUTES * 60


class OffTick(ValueError):
    """The instant does not stand on five minutes."""


def tick_of(instant: datetime) -> int:
    """The tick that starts at this instant. Raises OffTick."""
    seconds = int(instant.timestamp())
    if seconds % _SECONDS or instant.microsecond:
        raise OffTick(instant.isoformat())
    return seconds // _SECONDS


def tick_floor(instant: datetime) -> int:
    """The tick that holds this instant."""
    return int(instant.timestamp()) // _SECONDS


def tick_ceil(instant: datetime) -> int:
    """The first tick that starts at or after this instant."""
    whole = int(instant.timestamp())
    return -(-(whole + bool(instant.microsecond)) // _SECONDS)


def instant_of(tick: int) -> datetime:
    return datetime.fromtimestamp(tick * _SECONDS, UTC)


def mask(first: int, end: int, origin: int, length: int) -> int:
    """Bits of the ticks [first, end) counted from `origin`, cut to `length` ticks."""
    low, high = max(first - origin, 0), min(end - origin, length)
    return ((1 << (high - low)) - 1) << low if high > low else 0
