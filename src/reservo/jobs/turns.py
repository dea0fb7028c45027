"""One centre's turn: a bounded number of its jobs, for a bounded time, then the next centre's."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, TypeVar

from reservo import tenancy
from reservo.core import trace
from reservo.core.clock import now
from reservo.jobs import claims, rows
from reservo.jobs.rows import Claimed
from reservo.jobs.tasks import Task, UnknownTask, task_named

JOBS_PER_TURN = 25
SECONDS_PER_TURN = 1.0
RENEW_SECONDS = 10.0

log = logging.getLogger(__name__)
_Value = TypeVar("_Value")
_read_in_turn: ContextVar[dict[str, Any] | None] = ContextVar("reservo_read_in_turn", default=None)


class NotDone(Exception):
    """A task asks to be run again, at `again_at` if it knows; not a failure of the program."""

    def __init__(self, reason: str, *, again_at: datetime | None = None):
        super().__init__(reason)
        self.again_at = again_at


def take_turn(worker: str, *, limit: int = JOBS_PER_TURN, careful: bool = False) -> int:
    """Do up to `limit` due jobs of the active plane; how many were taken.

    Work that only changes rows is done and marked done in one commit, without being claimed first. `careful` is for a
    centre whose last worker died in its turn: one job at a time, claimed first, so that the one that kills is counted.
    """
    outlook, at = rows.outlook(), now()
    if outlook.first is None or outlook.first > at:
        return 0
    with tenancy.atomic():
        left = claims.left_behind(outlook, limit, at=at)
        waiting = claims.waiting(outlook, 1 if careful else limit - len(left), at=at)
        together = [] if careful else [job for job in waiting if _is_transactional(job)]
        apart = left + [job for job in waiting if job not in together]
        _run_together(together, worker, at=at)
        taken = claims.take(apart, worker=worker, at=at)
    if taken:
        with _kept_leased(taken):
            _run_apart(taken)
    return len(waiting) + len(left)


def read_once(name: str, read: Callable[[], _Value]) -> _Value:
    """What `read` returns, asked for once in a centre's turn (a second at most); outside a turn, each time."""
    known = _read_in_turn.get()
    if known is None:
        return read()
    if name not in known:
        known[name] = read()
    value: _Value = known[name]
    return value


def _is_transactional(job: Claimed) -> bool:
    try:
        return task_named(job.task).transactional
    except UnknownTask:
        return False


def _run_together(jobs: list[Claimed], worker: str, *, at: datetime) -> None:
    """They share a commit with their done-marks; one that fails takes back only what it did itself."""
    if len(jobs) > 1 and _all_go_well(jobs):
        rows.done_at_once([job.id for job in jobs], at=now())
        return
    done = []
    for job in jobs:
        task = task_named(job.task)
        try:
            with tenancy.atomic(), trace.tracing(job.trace, action=job.task):
                task.function(**job.args)
            done.append(job.id)
        except Exception as raised:
            for taken in claims.take([job], worker=worker, at=at):
                _note(taken, task, raised)
    rows.done_at_once(done, at=now())


def _all_go_well(jobs: list[Claimed]) -> bool:
    """Do them without a savepoint each; if one fails, nothing of any was done and they are done one by one."""
    try:
        with tenancy.atomic():
            for job in jobs:
                with trace.tracing(job.trace, action=job.task):
                    task_named(job.task).function(**job.args)
    except Exception:
        return False
    return True


def _run_apart(jobs: list[Claimed]) -> None:
    """One after the other while the turn lasts; what was not begun goes back."""
    token = _read_in_turn.set({})
    try:
        _run_in_turn(jobs)
    finally:
        _read_in_turn.reset(token)


def _run_in_turn(jobs: list[Claimed]) -> None:
    end = time.monotonic() + SECONDS_PER_TURN
    done: list[Claimed] = []
    not_begun: list[Claimed] = []
    for job in jobs:
        if time.monotonic() > end:
            not_begun.append(job)
        elif _run(job):
            done.append(job)
    with tenancy.atomic():
        claims.finish(done, at=now())
        claims.give_back(not_begun)


def _run(job: Claimed) -> bool:
    """Whether it is done; if not, it is put off or dead."""
    try:
        task = task_named(job.task)
    except UnknownTask:
        claims.fail(job, "UnknownTask", attempts=claims.ATTEMPTS_OF_UNKNOWN, at=now())
        return False
    try:
        with trace.tracing(job.trace, action=job.task):
            return _run_marked(job, task) if task.transactional else _run_outside(job, task)
    except Exception as error:
        _note(job, task, error)
        return False


def _run_marked(job: Claimed, task: Task) -> bool:
    """The done-mark commits with what the task did, and only if the job is still ours."""
    with tenancy.atomic():
        if claims.finish([job], at=now()):
            task.function(**job.args)
    return False


def _run_outside(job: Claimed, task: Task) -> bool:
    task.function(**job.args)
    return True


def _note(job: Claimed, task: Task, error: Exception) -> None:
    if isinstance(error, NotDone) and error.again_at:
        claims.put_off(job, str(error), run_at=error.again_at)
        return
    if not isinstance(error, NotDone):
        log.warning("job %s %s failed: %s", job.id, job.task, type(error).__name__, exc_info=error)
    claims.fail(job, f"{type(error).__name__}: {error}", attempts=task.attempts, at=now())


@contextmanager
def _kept_leased(jobs: list[Claimed]) -> Iterator[None]:
    """Renew the leases from another thread while the turn lasts."""
    over = threading.Event()

    def renew() -> None:
        from reservo.tenancy import connections

        while not over.is_set():
            try:
                claims.renew(jobs, at=now())
            except Exception:
                log.exception("leases could not be renewed")
            over.wait(RENEW_SECONDS)
        connections.close_all()

    keeper = threading.Timer(RENEW_SECONDS, tenancy.carry(renew))
    keeper.daemon = True
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.cancel()
