"""Taking jobs of the active plane, and giving them back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import random
from typing import Any

from django.db.models import F

from reservo import tenancy
from reservo.jobs import rows
from reservo.jobs.models import Job
from reservo.jobs.rows import Claimed, Outlook
from reservo.jobs.tasks import UnknownTask, task_named

LEASE = timedelta(seconds=40)
FIRST_RETRY_SECONDS = 2.0
LONGEST_RETRY_SECONDS = 3_600.0
ATTEMPTS_OF_UNKNOWN = 1_000
CRASHED = "crashed: its worker died or stalled each time"
LANES = (Job.Lane.TRANSACTIONAL, Job.Lane.BULK)


def next_due() -> datetime | None:
    """When there is work again on this plane, as far as its rows say."""
    return rows.outlook().first


def claim(limit: int, *, worker: str, at: datetime) -> list[Claimed]:
    """Take due jobs, transactional lane first, and those whose holder stopped renewing its lease."""
    outlook = rows.outlook()
    with tenancy.atomic():
        left = left_behind(outlook, limit, at=at)
        return take(left + waiting(outlook, limit - len(left), at=at), worker=worker, at=at)


def waiting(outlook: Outlook, limit: int, *, at: datetime) -> list[Claimed]:
    """Due jobs that nobody has, transactional lane first. Inside the transaction that is to take them."""
    found: list[Claimed] = []
    for lane, first in zip(LANES, (outlook.urgent, outlook.bulk), strict=True):
        if first and first <= at and len(found) < limit:
            found += rows.waiting(lane, limit - len(found), at=at)
    return found


def left_behind(outlook: Outlook, limit: int, *, at: datetime) -> list[Claimed]:
    """Jobs whose worker died or stalled. One that took its worker along each time is dead, and not among them."""
    if outlook.lease is None or outlook.lease >= at:
        return []
    left = rows.left_behind(limit, at=at)
    spent = [job.id for job in left if job.attempts >= attempts_of(job.task)]
    if spent:
        dead = {"state": Job.State.DEAD, "finished_at": at, "lease_until": None, "error": CRASHED}
        Job.objects.filter(pk__in=spent).update(**dead)
    return [job for job in left if job.id not in spent]


def take(jobs: list[Claimed], *, worker: str, at: datetime) -> list[Claimed]:
    """Lease them to this worker under new fences. Inside the transaction that found them due."""
    rows.take([job.id for job in jobs], worker=worker, lease_until=at + LEASE)
    return [replace(job, attempts=job.attempts + 1, fence=job.fence + 1) for job in jobs]


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


def fail(job: Claimed, error: str, *, attempts: int, at: datetime) -> None:
    """Try again later, longer each time; after `attempts` the job is dead and waits for a person."""
    facts: dict[str, Any] = {"lease_until": None, "error": error[:300]}
    if job.attempts >= attempts:
        facts |= {"state": Job.State.DEAD, "finished_at": at}
    else:
        run_at = at + timedelta(seconds=retry_seconds(job.attempts))
        facts |= {"state": Job.State.WAITING, "run_at": run_at}
    for mine in _ours([job]):
        mine.update(**facts)


def retry_seconds(attempts: int) -> float:
    """2, 4, 8 … seconds up to an hour, each a quarter more or less so that failures do not come back in step."""
    wait: float = min(FIRST_RETRY_SECONDS * 2 ** min(attempts - 1, 20), LONGEST_RETRY_SECONDS)
    return wait * (0.75 + random() / 2)  # noqa: S311  # nosec B311: spreads retries


def _ours(jobs: list[Claimed]) -> list[Any]:
    """Queries of the rows that still carry the fences they were taken under."""
    by_fence: dict[int, list[int]] = {}
    for job in jobs:
        if job.made_for != tenancy.plane_key():
            raise tenancy.WrongTenant(f"a job of centre {job.made_for} was settled in {tenancy.plane_key()}")
        by_fence.setdefault(job.fence, []).append(job.id)
    return [
        Job.objects.filter(pk__in=ids, fence=fence, state=Job.State.RUNNING)
        for fence, ids in by_fence.items()
    ]


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
