"""How many appointments a centre may make in an hour: a mistake of millions must be impossible."""

from __future__ import annotations

from datetime import datetime

from reservo.tenancy import counters
from reservo.tenancy.models import Counter

MOST_PER_HOUR = 5_000
_PREFIX = "hour:appointments:"


class TooMany(RuntimeError):
    """The centre made as many rows in this hour as it may."""


def count_one(*, at: datetime, most: int = MOST_PER_HOUR) -> None:
    """Inside the transaction that makes the row. Raises TooMany."""
    name = _PREFIX + at.strftime("%Y%m%d%H")
    if counters.take(name) > most:
        raise TooMany(name)


def forget_before(at: datetime) -> None:
    Counter.objects.filter(name__startswith=_PREFIX, name__lt=_PREFIX + at.strftime("%Y%m%d%H")).delete()
