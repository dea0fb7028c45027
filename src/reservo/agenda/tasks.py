"""Work of the agenda that is done off the web nodes."""

from __future__ import annotations

from datetime import timedelta

from reservo.agenda import limits
from reservo.agenda.models import Claim
from reservo.core import ticks
from reservo.core.clock import now
from reservo.jobs import task

KEPT = timedelta(days=2)
ROWS_AT_ONCE = 50_000


@task(name="agenda.prune_claims", transactional=True, bulk=True)
def prune_claims(**firing: object) -> None:
    """Claims on time that is long past guard nothing."""
    oldest = ticks.tick_floor(now() - KEPT)
    old = Claim.objects.filter(tick__lt=oldest).order_by("tick").values_list("pk", flat=True)[:ROWS_AT_ONCE]
    Claim.objects.filter(pk__in=list(old)).delete()
    limits.forget_before(now() - KEPT)
