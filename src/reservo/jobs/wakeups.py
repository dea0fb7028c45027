"""Hints that a centre has work: written before its commit, repeated after it, cleared with care.

The order matters. Before the commit, so that a crash after it leaves a hint; after it again, as a nudge, so that a
worker that looked too early looks again. A worker clears a hint only if nobody hinted since it looked, and never a
young one, whose transaction may still be open. A hint that cannot be written is kept here and repeated.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

from django.db import DatabaseError, connections

from reservo import tenancy
from reservo.adapters import bus
from reservo.tenancy.context import CONTROL_ALIAS, TENANT_ALIAS

LONGEST_TRANSACTION = timedelta(seconds=60)
LOOK_AGAIN = timedelta(seconds=1)
TAKEN_FOR = timedelta(seconds=60)
REPEAT_SECONDS = 1.0

log = logging.getLogger(__name__)
_unwritten: dict[int, tuple[datetime, datetime]] = {}
_lock = threading.Lock()


def hint_with_commit(due_at: datetime, *, at: datetime) -> None:
    """Hint for the active plane now, and nudge the workers after its commit."""
    key = tenancy.plane_key()
    connection = connections[CONTROL_ALIAS if tenancy.in_control() else TENANT_ALIAS]
    known = getattr(connection, "hinted_due", None)
    if known is not None and known <= due_at:
        return
    connection.hinted_due = due_at  # type: ignore[attr-defined]
    hint(key, due_at, at=at)
    tenancy.on_commit(lambda: _after_commit(connection, key, due_at))


def _after_commit(connection: object, key: int, due_at: datetime) -> None:
    connection.hinted_due = None  # type: ignore[attr-defined]
    bus.current().publish("jobs", {"tenant": key, "due": due_at.timestamp()})


def hint(tenant_id: int, due_at: datetime, *, at: datetime) -> None:
    """Say that there may be work at `due_at`. Never raises: no change fails because of a hint."""
    try:
        _write(tenant_id, due_at, at)
    except DatabaseError:
        log.warning("a wake-up could not be written; it is kept and repeated")
        _keep(tenant_id, due_at, at)


_HINT = """
    INSERT INTO jobs_wakeup (tenant_id, due_at, generation, hinted_at) VALUES (%s, %s, 1, %s)
    ON CONFLICT (tenant_id) DO UPDATE SET
        due_at = CASE WHEN excluded.due_at < due_at THEN excluded.due_at ELSE due_at END,
        generation = generation + 1,
        hinted_at = excluded.hinted_at
"""


def _write(tenant_id: int, due_at: datetime, at: datetime) -> None:
    connection = connections[CONTROL_ALIAS]
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(_HINT, [tenant_id, adapt(due_at), adapt(at)])


def _keep(tenant_id: int, due_at: datetime, at: datetime) -> None:
    with _lock:
        kept = _unwritten.get(tenant_id)
        _unwritten[tenant_id] = (min(due_at, kept[0]) if kept else due_at, at)
        if len(_unwritten) == 1:
            timer = threading.Timer(REPEAT_SECONDS, repeat_unwritten)
            timer.daemon = True
            timer.start()


def repeat_unwritten() -> None:
    """Write the hints that failed before; those that fail again are kept again."""
    with _lock:
        waiting = dict(_unwritten)
        _unwritten.clear()
    for tenant_id, (due_at, at) in waiting.items():
        hint(tenant_id, due_at, at=at)
