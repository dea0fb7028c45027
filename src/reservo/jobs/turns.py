"""One centre's turn: a bounded number of its jobs, then the next centre's."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from reservo import tenancy
from reservo.core import trace
from reservo.core.clock import now
from reservo.jobs import claims
from reservo.jobs.claims import Claimed
from reservo.jobs.tasks import Task, UnknownTask, task_named

JOBS_PER_TURN = 25
RENEW_SECONDS = 15.0

log = logging.getLogger(__name__)


class NotDone(Exception):
    """A task asks to be run again later; not a failure of the program."""


def take_turn(worker: str, *, limit: int = JOBS_PER_TURN) -> int:
    """Do up to `limit` due jobs of the active plane; how many were taken."""
    due = claims.next_due()
    jobs = claims.claim(limit, worker=worker, at=now()) if due and due <= now() else []
    if jobs:
        with _kept_leased(jobs):
            _run_all(jobs)
    return len(jobs)


def _run_all(jobs: list[Claimed]) -> None:
    together: list[tuple[Claimed, Task]] = []
    done: list[Claimed] = []
    for job in jobs:
        try:
            task = task_named(job.task)
        except UnknownTask:
            claims.fail(job, "UnknownTask", attempts=1_000, at=now())
            continue
        if task.transactional:
            together.append((job, task))
        elif _run_alone(job, task):
            done.append(job)
    with tenancy.atomic():
        claims.finish(done, at=now())
    _run_together(together)


def _run_alone(job: Claimed, task: Task) -> bool:
    try:
        with trace.tracing(job.trace):
            task.function(**job.args)
    except Exception as error:
        _note(job, task, error)
        return False
    return True


def _run_together(jobs: list[tuple[Claimed, Task]]) -> None:
    """Transactional tasks of a turn share a commit; one that fails takes back only what it did itself."""
    failed: list[tuple[Claimed, Task, Exception]] = []
    if not jobs:
        return
    with tenancy.atomic():
        done = []
        for job, task in jobs:
            try:
                with tenancy.atomic(), trace.tracing(job.trace):
                    if not claims.finish([job], at=now()):
                        continue
                    task.function(**job.args)
                done.append(job)
            except Exception as raised:
                failed.append((job, task, raised))
    for job, task, error in failed:
        _note(job, task, error)


def _note(job: Claimed, task: Task, error: Exception) -> None:
    if not isinstance(error, NotDone):
        log.warning("job %s %s failed: %s", job.id, job.task, type(error).__name__, exc_info=error)
    claims.fail(job, f"{type(error).__name__}: {error}", attempts=task.attempts, at=now())


@contextmanager
def _kept_leased(jobs: list[Claimed]) -> Iterator[None]:
    """Renew the leases from another thread while the turn lasts."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(RENEW_SECONDS):
            try:
                claims.renew(jobs, at=now())
            except Exception:
                log.exception("leases could not be renewed")
        from reservo.tenancy import connections

        connections.close_all()

    keeper = threading.Timer(RENEW_SECONDS, tenancy.carry(renew))
    keeper.daemon = True
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.cancel()
