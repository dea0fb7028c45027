"""Rows of finished work do not stay for ever."""

from __future__ import annotations

from datetime import timedelta

from reservo.core.clock import now
from reservo.jobs.models import Job
from reservo.jobs.tasks import task

KEPT_DONE = timedelta(days=14)
ROWS_AT_ONCE = 5_000


@task(name="jobs.prune", transactional=True, bulk=True)
def prune(**firing: object) -> None:
    old = Job.objects.filter(state=Job.State.DONE, finished_at__lt=now() - KEPT_DONE).values("pk")[
        :ROWS_AT_ONCE
    ]
    Job.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
