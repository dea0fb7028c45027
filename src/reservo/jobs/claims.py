"""Taking jobs of the active plane, and giving them back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import random
from typing import Any

from django.db.models import F, Min, Q

from reservo import tenancy
from reservo.jobs.models import Job
from reservo.jobs.tasks import UnknownTask, task_named

LEASE = timedelta(seconds=40)
FIRST_RETRY_SECONDS = 2.0
LONGEST_RETRY_SECONDS = 3_600.0
ATTEMPTS_OF_UNKNOWN = 1_000
CRASHED = "crashed: its worker died or stalled each time"
_FACTS = ("id", "task", "args", "attempts", "fence", "trace")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job as it was taken; only the holder of this fence may settle it."""

    id: int
    task: str
    args: dict[str, Any]
    attempts: int
    fence: int
    trace: str


def due(limit: int, *, at: datetime) -> tuple[list[Claimed], list[Claimed]]:
    """(waiting, left behind): what may be taken now, transactional lane first. Inside a transaction."""
    left = _read(Q(state=Job.State.RUNNING, lease_until__lt=at), limit)
    waiting: list[Claimed] = []
    for lane in (Job.Lane.TRANSACTIONAL, Job.Lane.BULK):
        room = limit - len(left) - len(waiting)
        if room > 0:
            waiting += _read(Q(state=Job.State.WAITING, lane=lane, run_at__lte=at), room)
    return waiting, left


def _read(condition: Q, limit: int) -> list[Claimed]:
    rows = Job.objects.filter(condition).order_by("run_at", "id").values_list(*_FACTS)[:limit]
    return [Claimed(*row) for row in rows]


def claim(limit: int, *, worker: str, at: datetime) -> list[Claimed]:
    """Take due jobs, transactional lane first, and those whose holder stopped renewing its lease."""
    with tenancy.atomic():
        waiting, left = due(limit, at=at)
        return take(waiting + bury_crashed(left, at=at), worker=worker, at=at)


def take(jobs: list[Claimed], *, worker: str, at: datetime) -> list[Claimed]:
    """Lease them to this worker under new fences. Inside the transaction that found them due."""
    if jobs:
        Job.objects.filter(pk__in=[job.id for job in jobs]).update(
            state=Job.State.RUNNING,
            lease_until=at + LEASE,
            worker=worker,
            fence=F("fence") + 1,
            attempts=F("attempts") + 1,
        )
    return [Claimed(job.id, job.task, job.args, job.attempts + 1, job.fence + 1, job.trace) for job in jobs]


def bury_crashed(left: list[Claimed], *, at: datetime) -> list[Claimed]:
    """Those left behind that may be tried again; one that took its worker along each time is dead."""
    spent = [job for job in left if job.attempts >= attempts_of(job.task)]
    Job.objects.filter(pk__in=[job.id for job in spent]).update(
        state=Job.State.DEAD, finished_at=at, lease_until=None, error=CRASHED
    )
    return [job for job in left if job not in spent]


def attempts_of(task: str) -> int:
    try:
        return task_named(task).attempts
    except UnknownTask:
        return ATTEMPTS_OF_UNKNOWN


def finish(jobs: list[Claimed], *, at: datetime) -> int:
    """Mark as done those still ours; how many they were."""
    done = {"state": Job.State.DONE, "finished_at": at, "lease_until": None, "error": ""}
    return sum(mine.update(**done) for mine in _ours(jobs))


def give_back(jobs: list[Claimed]) -> None:
    """They were not begun: whoever comes next takes them, and no attempt is counted."""
    for mine in _ours(jobs):
        mine.update(state=Job.State.WAITING, lease_until=None, attempts=F("attempts") - 1)


def renew(jobs: list[Claimed], *, at: datetime) -> None:
    """Keep the lease of work that takes long."""
    for mine in _ours(jobs):
        mine.update(lease_until=at + LEASE)


def _ours(jobs: list[Claimed]) -> list[Any]:
    """Queries of the rows that still carry the fences they were taken under."""
    by_fence: dict[int, list[int]] = {}
    for job in jobs:
        by_fence.setdefault(job.fence, []).append(job.id)
    return [
        Job.objects.filter(pk__in=ids, fence=fence, state=Job.State.RUNNING)
        for fence, ids in by_fence.items()
    ]


def fail(job: Claimed, error: str, *, attempts: int, at: datetime) -> None:
    """Try again later, longer each time; after `attempts` the job is dead and waits for a person."""
    mine = Job.objects.filter(pk=job.id, fence=job.fence, state=Job.State.RUNNING)
    if job.attempts >= attempts:
        mine.update(state=Job.State.DEAD, finished_at=at, lease_until=None, error=error[:300])
        return
    run_at = at + timedelta(seconds=retry_seconds(job.attempts))
    mine.update(state=Job.State.WAITING, run_at=run_at, lease_until=None, error=error[:300])


def put_off(job: Claimed, reason: str, *, run_at: datetime) -> None:
    """Not before then; no attempt is counted."""
    for mine in _ours([job]):
        mine.update(
            state=Job.State.WAITING,
            run_at=run_at,
            lease_until=None,
            error=reason[:300],
            attempts=F("attempts") - 1,
        )


def retry_seconds(attempts: int) -> float:
    """2, 4, 8 … seconds up to an hour, each a quarter more or less so that failures do not come back in step."""
    wait = min(FIRST_RETRY_SECONDS * 2 ** min(attempts - 1, 20), LONGEST_RETRY_SECONDS)
    return wait * (0.75 + random() / 2)  # noqa: S311  # nosec B311: spreads retries


def next_due() -> datetime | None:
    """When there is work again on this plane, as far as its rows say."""
    instants = [_first(Q(state=Job.State.WAITING, lane=lane), "run_at") for lane in (0, 1)] + [
        _first(Q(state=Job.State.RUNNING), "lease_until")
    ]
    return min((at for at in instants if at), default=None)


def _first(condition: Q, field: str) -> datetime | None:
    found: datetime | None = Job.objects.filter(condition).aggregate(at=Min(field))["at"]
    return found


def revive(job_id: int, *, at: datetime) -> bool:
    """A dead job from the beginning, by a person's wish."""
    from reservo.jobs import wakeups

    with tenancy.atomic():
        revived = Job.objects.filter(pk=job_id, state=Job.State.DEAD).update(
            state=Job.State.WAITING, run_at=at, attempts=0, finished_at=None
        )
        if revived:
            wakeups.hint_with_commit(at)
    return bool(revived)
