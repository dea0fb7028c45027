"""What every engine's connection to a centre does: hold the epoch, refuse writes that go round it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.db import Error

from reservo.tenancy.context import Route

_COMMENTS = re.compile(r"(\s|--[^\n]*(\n|$)|/\*.*?\*/)+", re.DOTALL)
_READS = re.compile(
    r"(SELECT|EXPLAIN|PRAGMA|BEGIN|START TRANSACTION|ROLLBACK|SET|USE|SHOW|WITH)\b", re.IGNORECASE
)
_MAY_CARRY_A_WRITE = ("WITH", "EXPLAIN")
_WRITE = re.compile(r"\b(INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)


class StaleEpoch(RuntimeError):
    """The centre has another place or state than this node believed; nothing was written."""


class BareWrite(RuntimeError):
    """Raw SQL tried to write outside `tenancy.atomic()`, where no epoch is checked."""


class GuardedWrapper:
    """Mixin for a Django DatabaseWrapper bound to one centre."""

    route: Route
    needs_transaction = True
    _is_connecting = False
    changes_schema = False  # statements of a migration, on engines whose DDL ends transactions by itself
    hinted_due: Any = None  # what wake-up was hinted for in the open transaction, see `jobs.wakeups`

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(self._refuse_bare_writes)  # type: ignore[attr-defined]

    def set_autocommit(
        self, autocommit: bool, force_begin_transaction_with_broken_autocommit: bool = False
    ) -> None:
        super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)  # type: ignore[misc]
        self.hinted_due = None
        if not autocommit:
            self._hold_epoch()

    def _hold_epoch(self) -> None:
        """Compare the namespace's own epoch with the route's, inside the transaction that is to write."""
        try:
            with self.wrap_database_errors:  # type: ignore[attr-defined]
                cursor = self.connection.cursor()  # type: ignore[attr-defined]
                found = self._read_epoch(cursor)
                cursor.close()
        except Error:
            self._let_go()
            raise
        if [tuple(row) for row in found] != [(self.route.tenant_id, self.route.epoch)]:
            self._let_go()
            raise StaleEpoch(f"{self.route.slug}: expected epoch {self.route.epoch}, found {found}")

    def _let_go(self) -> None:
        try:
            self._rollback()  # type: ignore[attr-defined]
            super().set_autocommit(True)  # type: ignore[misc]
        except Error:
            self.close()  # type: ignore[attr-defined]

    def _read_epoch(self, cursor: Any) -> list[tuple[int, int]]:
        """A server takes the centre's lock here: one transaction at a time, and an epoch ends in order."""
        cursor.execute("SELECT tenant_id, epoch FROM tenancy_namespaceepoch")
        return list(cursor.fetchall())

    def _refuse_bare_writes(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        is_free = self.in_atomic_block or self._is_connecting or self.changes_schema  # type: ignore[attr-defined]
        if not is_free and not only_reads(sql):
            raise BareWrite("write inside tenancy.atomic()")
        return execute(sql, params, many, context)


def only_reads(sql: str) -> bool:
    """Whether this statement can only read; what is not known to is taken for a write."""
    opening = _COMMENTS.match(sql)
    start = opening.end() if opening else 0
    found = _READS.match(sql, start)
    if found is None or ";" in sql.rstrip("; \n"):
        return False
    return found[1].upper() not in _MAY_CARRY_A_WRITE or _WRITE.search(sql, start) is None
