"""One send rate for all workers of the installation, kept in the control database."""

from __future__ import annotations

import time
from datetime import timedelta

from django.conf import settings

from reservo.core.clock import now
from reservo.notifications.models import SendRate

LONGEST_WAIT_SECONDS = 5.0


def wait_turn() -> None:
    """Sleep until this mail may go; at once where no rate is set."""
    per_second = settings.RESERVO_MAIL_PER_SECOND
    if per_second <= 0:
        return
    SendRate.objects.get_or_create(pk=1, defaults={"next_at": now()})
    at = now()
    row = SendRate.objects.get(pk=1)
    mine = max(row.next_at, at)
    while not SendRate.objects.filter(pk=1, next_at=row.next_at).update(next_at=mine + timedelta(seconds=1 / per_second)):
        row = SendRate.objects.get(pk=1)
        mine = max(row.next_at, at)
    time.sleep(min(max((mine - at).total_seconds(), 0), LONGEST_WAIT_SECONDS))


