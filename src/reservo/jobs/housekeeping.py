"""Rows of finished work do not stay for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import QuerySet

from reservo.core.clock import now
from reservo.jobs.models import Job, RecurringRun
from reservo.jobs.tasks import put, task
from reservo.outbox.models import Event

KEPT_DONE = timedelta(days=14)
KEPT_EVENTS = timedelta(days=90)
KEPT_RUNS = timedelta(days=90)
ROWS_AT_ONCE = 5_000
CONTROL_ROWS_AT_ONCE = 1_000  # everybody writes to the control database

_of_control: list[Callable[[datetime], QuerySet]] = []


def forgets(rows: Callable[[datetime], QuerySet]) -> Callable[[datetime], QuerySet]:
    """Declare rows of the control plane that nobody needs any more at an instant."""
    _of_control.append(rows)
    return rows


def prune_control(*, at: datetime) -> int:
    """A bounded number of rows of each kind; how many. The sweep does it every few minutes."""
    return sum(_delete_some(rows(at), CONTROL_ROWS_AT_ONCE) for rows in _of_control)


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


def _delete_some(rows: QuerySet, most: int = ROWS_AT_ONCE) -> int:
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[:most])
    rows.model._base_manager.filter(pk__in=keys).delete()
    return len(keys)
