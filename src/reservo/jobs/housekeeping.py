"""Rows of finished work do not stay for ever."""

from __future__ import annotations

from datetime import timedelta

from reservo.core.clock import now
from reservo.jobs.models import Job, RecurringRun
from reservo.jobs.tasks import put, task
from reservo.outbox.models import Event

KEPT_DONE = timedelta(days=14)
KEPT_EVENTS = timedelta(days=90)
KEPT_RUNS = timedelta(days=90)
ROWS_AT_ONCE = 5_000


@task(name="jobs.prune", transactional=True, bulk=True)
def prune(**firing: object) -> None:
    """A bounded number of rows; if there were as many, another job goes on."""
    at = now()
    old = Job.objects.filter(state=Job.State.DONE, finished_at__lt=at - KEPT_DONE)
    deleted = _delete_some(old)
    deleted = max(deleted, _delete_some(Event.objects.filter(at__lt=at - KEPT_EVENTS)))
    RecurringRun.objects.filter(local_date__lt=(at - KEPT_RUNS).date()).delete()
    if deleted == ROWS_AT_ONCE:
        put(prune, at=at)


def _delete_some(rows: object) -> int:
    ids = list(rows.order_by("id").values_list("pk", flat=True)[:ROWS_AT_ONCE])  # type: ignore[attr-defined]
    rows.model.objects.filter(pk__in=ids).delete()  # type: ignore[attr-defined]
    return len(ids)
