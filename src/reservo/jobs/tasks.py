"""Declaring tasks and putting jobs. The shape of the decorator is that of `django.tasks`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reservo import tenancy
from reservo.core import trace

DEFAULT_ATTEMPTS = 8
TRANSACTIONAL, BULK = 0, 1


class UnknownTask(LookupError):
    """No task of this name is declared."""


@dataclass(frozen=True, slots=True)
class Task:
    """`function(**args)` in the centre's context.

    A transactional task changes only rows of its plane: its done-mark commits with them, so it has its effect
    exactly once. Any other has effects outside and guards them itself; it is done at least once.
    """

    name: str
    function: Callable[..., None]
    transactional: bool
    bulk: bool
    attempts: int


_tasks: dict[str, Task] = {}


def task(
    *, name: str, transactional: bool = False, bulk: bool = False, attempts: int = DEFAULT_ATTEMPTS
) -> Callable[[Callable[..., None]], Task]:
    def declare(function: Callable[..., None]) -> Task:
        _tasks[name] = Task(name, function, transactional, bulk, attempts)
        return _tasks[name]

    return declare


def task_named(name: str) -> Task:
    """Raises UnknownTask (a newer release put it, or an older one did)."""
    try:
        return _tasks[name]
    except KeyError:
        raise UnknownTask(name) from None


def put(
    task: Task,
    args: dict[str, Any] | None = None,
    *,
    at: datetime,
    run_at: datetime | None = None,
    key: str = "",
) -> None:
    """Have the task run at `run_at` (now if not given); a key that was put before is not put again.

    Inside a transaction the job is part of it; outside, it is its own.
    """
    from reservo.jobs import rows, wakeups

    run_at = run_at or at
    with tenancy.atomic(savepoint=False):
        if key and rows.is_put(key):
            return
        lane = BULK if task.bulk else TRANSACTIONAL
        rows.put(task.name, args or {}, key=key, lane=lane, run_at=run_at, trace=trace.current(), at=at)
        wakeups.hint_with_commit(run_at)
