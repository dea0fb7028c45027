"""Hints that a centre has work: written before its commit, repeated after it, cleared with care.

The order matters. Before the commit, so that a crash after it leaves a hint; after it again, as a nudge, so that a
worker that looked too early looks again. A worker clears a hint only if nobody hinted since it looked, and never a
young one, whose transaction may still be open. A hint that cannot be written is kept here and repeated.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import DatabaseError, connections
from django.db.models import Q

from reservo import tenancy
from reservo.adapters import bus
from reservo.core.clock import now
from reservo.jobs.models import Wakeup
from reservo.jobs.rows import instant
from reservo.tenancy.backends.control import answering
from reservo.tenancy.backends.control.answering import ControlAway
from reservo.tenancy.context import CONTROL_ALIAS, TENANT_ALIAS

LONGEST_TRANSACTION = timedelta(seconds=60)
OUTLIVED = LONGEST_TRANSACTION / 2
FRESH = LONGEST_TRANSACTION / 4
LOOK_AGAIN = timedelta(seconds=5)
TAKEN_FOR = timedelta(seconds=10)
REPEAT_SECONDS = 1.0
LONGEST_WAIT_MS = 300
MOST_SEEN = 10_000

log = logging.getLogger(__name__)
_unwritten: dict[int, datetime] = {}
_seen: dict[int, tuple[datetime, datetime]] = {}
_lock = threading.Lock()


def hint_with_commit(due_at: datetime) -> None:
    """Hint for the active plane now, and nudge the workers after its commit; once for many jobs of a transaction."""
    key = tenancy.plane_key()
    connection = connections[CONTROL_ALIAS if tenancy.in_control() else TENANT_ALIAS]
    scope = tuple(name for name in connection.savepoint_ids if name)
    hinted = getattr(connection, "hinted_due", None)
    if hinted is not None and hinted[0] <= due_at and hinted[1] == scope[: len(hinted[1])]:
        return  # said already, and no savepoint that could take it back has been closed since
    connection.hinted_due = (due_at, scope)  # type: ignore[attr-defined]
    if not _is_hinted(key, due_at):
        hint(key, due_at)
    tenancy.on_commit(partial(_after_commit, key, due_at, now()))


def _is_hinted(key: int, due_at: datetime) -> bool:
    """Whether a hint stands that no worker may clear before this transaction can have ended.

    A fresh one is looked at again every few seconds until it is older than any transaction; this one may last until
    OUTLIVED, after which it is hinted for anew. So the many who put jobs at one time do not queue for one row.
    One that this process saw within LOOK_AGAIN still stands, and will be looked at as early or earlier.
    """
    at = now()
    seen = _seen.get(key)
    if seen is None or at - seen[0] >= LOOK_AGAIN or at < seen[0]:
        seen = _read(key)
    return seen is not None and at - seen[0] < FRESH and seen[1] <= max(due_at, at + LOOK_AGAIN)


def _read(key: int) -> tuple[datetime, datetime] | None:
    """When it was hinted last, and for when; None if it was not, or nobody can say."""

    def read() -> Any:
        with connections[CONTROL_ALIAS].cursor() as cursor:
            cursor.execute("SELECT hinted_at, due_at FROM jobs_wakeup WHERE tenant_id = %s", [key])
            return cursor.fetchone()

    try:
        row = answering.ask(read)
    except ControlAway:
        return None
    return _see(key, instant(row[0]), instant(row[1])) if row else None


def _see(key: int, hinted_at: datetime, due_at: datetime) -> tuple[datetime, datetime]:
    """Remember it, unless an open transaction of the control plane may still take it back."""
    if not connections[CONTROL_ALIAS].in_atomic_block:
        if len(_seen) >= MOST_SEEN:
            _seen.clear()
        _seen[key] = (hinted_at, due_at)
    return hinted_at, due_at


def forget() -> None:
    """For a control database that was replaced under this process."""
    _seen.clear()


def _after_commit(key: int, due_at: datetime, hinted_at: datetime) -> None:
    if now() - hinted_at > OUTLIVED:
        hint(key, due_at)
    bus.current().publish("jobs", {"tenant": key, "due": due_at.timestamp()})


def hint(tenant_id: int, due_at: datetime) -> None:
    """Say that there may be work at `due_at`. Never raises: no change fails because of a hint.

    While others wait to be written it joins them, instead of waiting for what does not answer.
    """
    if _unwritten:
        return _keep(tenant_id, due_at)
    try:
        _write(tenant_id, due_at)
    except DatabaseError:
        log.warning("a wake-up could not be written; it is kept and repeated")
        _keep(tenant_id, due_at)


_HINT = """
    INSERT INTO jobs_wakeup (tenant_id, due_at, generation, hinted_at) VALUES (%s, %s, 1, %s)
    ON CONFLICT (tenant_id) DO UPDATE SET
        due_at = CASE WHEN excluded.due_at < jobs_wakeup.due_at THEN excluded.due_at ELSE jobs_wakeup.due_at END,
        generation = jobs_wakeup.generation + 1,
        hinted_at = excluded.hinted_at
"""
_HINT_MARIADB = """
    INSERT INTO jobs_wakeup (tenant_id, due_at, generation, hinted_at) VALUES (%s, %s, 1, %s)
    ON DUPLICATE KEY UPDATE
        due_at = LEAST(due_at, VALUES(due_at)), generation = generation + 1, hinted_at = VALUES(hinted_at)
"""


def _write(tenant_id: int, due_at: datetime) -> None:
    connection = connections[CONTROL_ALIAS]
    adapt = connection.ops.adapt_datetimefield_value
    at = now()
    with connection.waiting_at_most(LONGEST_WAIT_MS), connection.cursor() as cursor:  # type: ignore[attr-defined]
        sql = _HINT_MARIADB if connection.vendor == "mysql" else _HINT
        cursor.execute(sql, [tenant_id, adapt(due_at), adapt(at)])
    _see(tenant_id, at, due_at)


def _keep(tenant_id: int, due_at: datetime) -> None:
    with _lock:
        _unwritten[tenant_id] = min(due_at, _unwritten.get(tenant_id, due_at))
        if len(_unwritten) == 1:
            timer = threading.Timer(REPEAT_SECONDS, _repeat_in_thread)
            timer.daemon = True
            timer.start()


def _repeat_in_thread() -> None:
    repeat_unwritten()
    connections[CONTROL_ALIAS].close()


def repeat_unwritten() -> None:
    """Write the hints that failed before; those that fail again are kept again."""
    with _lock:
        waiting = dict(_unwritten)
        _unwritten.clear()
    for tenant_id, due_at in waiting.items():
        hint(tenant_id, due_at)


@dataclass(frozen=True, slots=True)
class Taken:
    """A centre taken for a turn, and its hint as it was when it was taken."""

    tenant_id: int
    generation: int
    hinted_at: datetime


def due(limit: int, *, at: datetime) -> list[tuple[int, bool]]:
    """(centre, whether its last worker died in its turn) of those that nobody has, longest due first."""
    rows = Wakeup.objects.filter(_free(at), due_at__lte=at).order_by("due_at")
    return [(key, until is not None) for key, until in rows.values_list("tenant_id", "taken_until")[:limit]]


def seconds_to_next(longest: float, *, at: datetime) -> float:
    """How long to sleep if nobody nudges."""
    first = Wakeup.objects.filter(_free(at)).order_by("due_at").values_list("due_at", flat=True).first()
    wait = (first - at).total_seconds() if first else longest
    return min(max(wait, 0.005), longest)


_TAKE = """
    UPDATE jobs_wakeup SET taken_until = %s
    WHERE tenant_id = %s AND (taken_until IS NULL OR taken_until <= %s)
"""
_RETURNING = "RETURNING generation, hinted_at"
_TAKEN = "SELECT generation, hinted_at FROM jobs_wakeup WHERE tenant_id = %s"
_SETTLE = """
    UPDATE jobs_wakeup SET taken_until = NULL, due_at = CASE WHEN generation = %s THEN %s ELSE due_at END
    WHERE tenant_id = %s
"""
_CLEAR = "DELETE FROM jobs_wakeup WHERE tenant_id = %s AND generation = %s"


def take(tenant_id: int, *, at: datetime) -> Taken | None:
    """The turn of this centre; None if another worker has it or there is no hint."""
    values: list[int | datetime] = [at + TAKEN_FOR, tenant_id, at]
    if connections[CONTROL_ALIAS].vendor == "mysql":
        # It returns nothing from an update. A hint given between the two is young, and not cleared.
        count, _ = _execute(_TAKE, values)
        found = _execute(_TAKEN, [tenant_id])[1] if count else []
    else:
        found = _execute(_TAKE + _RETURNING, values)[1]
    return Taken(tenant_id, found[0][0], instant(found[0][1])) if found else None


def settle(taken: Taken, next_due: datetime | None, *, at: datetime) -> None:
    """Write when the centre has work again, at the back of the queue if now. A hint given meanwhile wins.

    A young hint is not cleared: its transaction may be open. It is looked at again after as long as it is old.
    """
    age = at - taken.hinted_at
    if age <= LONGEST_TRANSACTION:
        again = at + max(LOOK_AGAIN, age)
        next_due = min(next_due, again) if next_due else again
    elif next_due is None:
        _execute(_CLEAR, [taken.tenant_id, taken.generation])
        next_due = at
    _execute(_SETTLE, [taken.generation, max(next_due, at), taken.tenant_id])


def _execute(sql: str, values: list[int | datetime]) -> tuple[int, list[tuple[Any, ...]]]:
    """How many rows were met, and what came back."""
    connection = connections[CONTROL_ALIAS]
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(sql, [adapt(value) if isinstance(value, datetime) else value for value in values])
        return cursor.rowcount, list(cursor.fetchall()) if cursor.description else []


def _free(at: datetime) -> Q:
    return Q(taken_until__isnull=True) | Q(taken_until__lte=at)
