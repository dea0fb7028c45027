"""One send rate for all workers of the installation, kept in the control database.

Each mail takes the next free slot of one row. Bulk mail takes a slot only when it is free now and nobody else
waits: a campaign never stands before a confirmation.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.conf import settings

from reservo.core.clock import now
from reservo.notifications.models import SendRate

LONGEST_WAIT = timedelta(seconds=30)
BULK_PAUSE_SECONDS = 0.05
BULK_TRIES = 100


class NoTurn(RuntimeError):
    """The slots of the next while are taken; try again later."""


def wait_turn(*, bulk: bool = False) -> None:
    """Sleep until this mail may go; at once where no rate is set. Raises NoTurn."""
    per_second = settings.RESERVO_MAIL_PER_SECOND
    if per_second <= 0:
        return
    gap = timedelta(seconds=1 / per_second)
    if bulk:
        _wait_bulk(gap)
    else:
        _wait(gap)


def _wait(gap: timedelta) -> None:
    while True:
        at, row = now(), _row()
        mine = max(row.next_at, at)
        if mine - at > LONGEST_WAIT:
            raise NoTurn
        if _take(row, next_at=mine + gap, urgent_until=mine):
            time.sleep((mine - at).total_seconds())
            return


def _wait_bulk(gap: timedelta) -> None:
    for _ in range(BULK_TRIES):
        at, row = now(), _row()
        free = row.next_at <= at and row.urgent_until <= at
        if free and _take(row, next_at=at + gap, urgent_until=row.urgent_until):
            return
        time.sleep(BULK_PAUSE_SECONDS)
    raise NoTurn


def _row() -> SendRate:
    at = now()
    return SendRate.objects.get_or_create(pk=1, defaults={"next_at": at, "urgent_until": at})[0]


def _take(row: SendRate, *, next_at: datetime, urgent_until: datetime) -> bool:
    """Whether nobody was quicker."""
    same = SendRate.objects.filter(pk=1, next_at=row.next_at)
    return bool(same.update(next_at=next_at, urgent_until=urgent_until))
