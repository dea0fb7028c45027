"""Taking jobs of the active plane, and giving them back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import random
from typing import Any

from django.db.models import F, Min, Q

from reservo import tenancy
from reservo.jobs.models import Job

LEASE = timedelta(seconds=60)
FIRST_RETRY_SECONDS = 2.0
LONGEST_RETRY_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job as it was taken; only the holder of this fence may settle it."""

    id: int
    task: str
    args: dict[str, Any]
    attempts: int
    fence: int
    trace: str


def claim(limit: int, *, worker: str, at: datetime) -> list[Claimed]:
    """Take due jobs, transactional lane first, and those whose holder stopped renewing its lease."""
    due = Q(state=Job.State.WAITING, run_at__lte=at) | Q(state=Job.State.RUNNING, lease_until__lt=at)
    with tenancy.atomic():
        rows = list(
            Job.objects.filter(due)
            .order_by("lane", "run_at", "id")
            .values_list("id", "task", "args", "attempts", "fence", "trace")[:limit]
        )
        if not rows:
            return []
        Job.objects.filter(pk__in=[row[0] for row in rows]).update(
            state=Job.State.RUNNING,
            lease_until=at + LEASE,
            worker=worker,
            fence=F("fence") + 1,
            attempts=F("attempts") + 1,
        )
    return [
        Claimed(pk, task, args, tried + 1, fence + 1, trace) for pk, task, args, tried, fence, trace in rows
    ]


def finish(jobs: list[Claimed], *, at: datetime) -> int:
    """Mark as done those still ours; how many they were."""
    done = 0
    by_fence: dict[int, list[int]] = {}
    for job in jobs:
        by_fence.setdefault(job.fence, []).append(job.id)
    for fence, ids in by_fence.items():
        done += Job.objects.filter(pk__in=ids, fence=fence, state=Job.State.RUNNING).update(
            state=Job.State.DONE, finished_at=at, lease_until=None, error=""
        )
    return done


def fail(job: Claimed, error: str, *, attempts: int, at: datetime) -> None:
    """Try again later, longer each time; after `attempts` the job is dead and waits for a person."""
    mine = Job.objects.filter(pk=job.id, fence=job.fence, state=Job.State.RUNNING)
    if job.attempts >= attempts:
        mine.update(state=Job.State.DEAD, finished_at=at, lease_until=None, error=error[:300])
        return
    wait = min(FIRST_RETRY_SECONDS * 2 ** (job.attempts - 1), LONGEST_RETRY_SECONDS) * (0.75 + random() / 2)  # noqa: S311  # nosec B311: spreads retries
    mine.update(
        state=Job.State.WAITING, run_at=at + timedelta(seconds=wait), lease_until=None, error=error[:300]
    )


def renew(jobs: list[Claimed], *, at: datetime) -> None:
    """Keep the lease of work that takes long."""
    Job.objects.filter(pk__in=[job.id for job in jobs], state=Job.State.RUNNING).update(
        lease_until=at + LEASE
    )


def next_due() -> datetime | None:
    """When there is work again on this plane, as far as its rows say."""
    waiting = Job.objects.filter(state=Job.State.WAITING).aggregate(at=Min("run_at"))["at"]
    running = Job.objects.filter(state=Job.State.RUNNING).aggregate(at=Min("lease_until"))["at"]
    instants = [at for at in (waiting, running) if at]
    return min(instants) if instants else None


def revive(job_id: int, *, at: datetime) -> bool:
    """A dead job from the beginning, by a person's wish."""
    with tenancy.atomic():
        return bool(
            Job.objects.filter(pk=job_id, state=Job.State.DEAD).update(
                state=Job.State.WAITING, run_at=at, attempts=0, finished_at=None
            )
        )
