"""The few statements that every job and every turn makes, written out: building them anew costs more than they do.

All run on the active plane; those that write, inside its transaction. Every engine takes them as they are, but for
the column `key`, a word of MariaDB's own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connections

from reservo import tenancy
from reservo.tenancy.context import CONTROL_ALIAS, TENANT_ALIAS

_PUT = """
    INSERT INTO jobs_job (task, args, {key}, lane, run_at, state, attempts, fence, worker, error, trace, created_at)
    VALUES (%s, %s, %s, %s, %s, 'waiting', 0, 0, '', '', %s, %s)
"""
_IS_PUT = "SELECT 1 FROM jobs_job WHERE {key} = %s"
_OUTLOOK = """
    SELECT (SELECT MIN(run_at) FROM jobs_job WHERE state = 'waiting' AND lane = 0),
           (SELECT MIN(run_at) FROM jobs_job WHERE state = 'waiting' AND lane = 1),
           (SELECT MIN(lease_until) FROM jobs_job WHERE state = 'running')
"""
_WAITING = """
    SELECT id, task, args, attempts, fence, trace FROM jobs_job
    WHERE state = 'waiting' AND lane = %s AND run_at <= %s ORDER BY run_at, id LIMIT %s
"""
_LEFT = """
    SELECT id, task, args, attempts, fence, trace FROM jobs_job
    WHERE state = 'running' AND lease_until < %s ORDER BY lease_until, id LIMIT %s
"""
_TAKE = """
    UPDATE jobs_job SET state = 'running', lease_until = %s, worker = %s, fence = fence + 1, attempts = attempts + 1
    WHERE id IN
"""
_DONE_AT_ONCE = """
    UPDATE jobs_job SET state = 'done', finished_at = %s, lease_until = NULL, error = '', attempts = attempts + 1
    WHERE id IN
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job as it was taken; only the holder of this fence may settle it."""

    id: int
    task: str
    args: dict[str, Any]
    attempts: int
    fence: int
    trace: str
    made_for: int = field(default_factory=tenancy.plane_key)


@dataclass(frozen=True, slots=True)
class Outlook:
    """When there is work, by the rows: of either lane, and of a worker whose lease runs out."""

    urgent: datetime | None
    bulk: datetime | None
    lease: datetime | None

    @property
    def first(self) -> datetime | None:
        return min((at for at in (self.urgent, self.bulk, self.lease) if at), default=None)


def put(
    task: str, args: dict[str, Any], *, key: str, lane: int, run_at: datetime, trace: str, at: datetime
) -> None:
    values = [task, json.dumps(args), key or None, lane, _adapted(run_at), trace, _adapted(at)]
    with _connection().cursor() as cursor:
        cursor.execute(_PUT.format(key=_key()), values)


def is_put(key: str) -> bool:
    return bool(_fetch(_IS_PUT.format(key=_key()), [key]))


def outlook() -> Outlook:
    (row,) = _fetch(_OUTLOOK, [])
    return Outlook(*(instant(value) if value else None for value in row))


def waiting(lane: int, limit: int, *, at: datetime) -> list[Claimed]:
    return _jobs(_WAITING, [lane, _adapted(at), limit])


def left_behind(limit: int, *, at: datetime) -> list[Claimed]:
    """Those whose holder stopped renewing its lease."""
    return _jobs(_LEFT, [_adapted(at), limit])


def take(ids: Sequence[int], *, worker: str, lease_until: datetime) -> None:
    _execute(_TAKE, [_adapted(lease_until), worker], ids)


def done_at_once(ids: Sequence[int], *, at: datetime) -> None:
    """Of jobs that were done in this same transaction, without being taken first."""
    _execute(_DONE_AT_ONCE, [_adapted(at)], ids)


def _jobs(sql: str, params: list[Any]) -> list[Claimed]:
    return [
        Claimed(pk, task, json.loads(args) if isinstance(args, str) else args, attempts, fence, trace)
        for pk, task, args, attempts, fence, trace in _fetch(sql, params)
    ]


def _fetch(sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with _connection().cursor() as cursor:
        cursor.execute(sql, params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _execute(sql: str, params: list[Any], ids: Sequence[int]) -> None:
    if ids:
        marks = ", ".join(["%s"] * len(ids))
        with _connection().cursor() as cursor:
            cursor.execute(f"{sql.strip()} ({marks})", [*params, *ids])


def _connection() -> Any:
    return connections[CONTROL_ALIAS if tenancy.in_control() else TENANT_ALIAS]


def _key() -> str:
    quoted: str = _connection().ops.quote_name("key")
    return quoted


def _adapted(at: datetime) -> Any:
    return _connection().ops.adapt_datetimefield_value(at)


def instant(value: Any) -> datetime:
    """What the engine hands out for an instant: text, without a zone, or as it should be."""
    found: datetime = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found.tzinfo else found.replace(tzinfo=UTC)
