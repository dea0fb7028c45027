"""Work of the agenda that is done off the web nodes."""

from __future__ import annotations

from django.db.models import Max

from reservo.agenda import claims, limits
from reservo.agenda.models import Claim
from reservo.core.clock import now
from reservo.jobs import task

ROWS_AT_ONCE = 50_000


@task(name="agenda.prune_claims", transactional=True, bulk=True)
def prune_claims(**firing: object) -> None:
    """Claims on time that is long past guard nothing."""
    at = now()
    old = Claim.objects.filter(tick__lt=claims.oldest_kept(at)).order_by("tick")
    newest = old.values_list("tick", flat=True)[:ROWS_AT_ONCE].aggregate(newest=Max("tick"))["newest"]
    if newest is not None:
        Claim.objects.filter(tick__lte=newest).delete()
    limits.forget_before(at - claims.KEPT)
