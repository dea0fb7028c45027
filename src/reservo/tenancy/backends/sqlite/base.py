"""A centre's SQLite file."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from random import uniform
from typing import Any
from urllib.parse import quote

from django.db import OperationalError, connections
from django.db.backends.sqlite3 import base, operations

from reservo.tenancy.backends.guard import GuardedWrapper
from reservo.tenancy.context import CONTROL_ALIAS, Route, WrongTenant

BUSY_TIMEOUT_SECONDS = 10
ASK_AGAIN_SECONDS = (0.0005, 0.004)
# FULL: an acknowledged booking survives the loss of power.
INIT_COMMAND = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;"


class DatabaseOperations(operations.DatabaseOperations):
    compiler_module = "reservo.tenancy.backends.compiler"


class DatabaseWrapper(GuardedWrapper, base.DatabaseWrapper):
    ops_class = DatabaseOperations
    longest_wait_seconds: float = BUSY_TIMEOUT_SECONDS

    def get_new_connection(self, conn_params: Any) -> Any:
        """Refuses a namespace that holds another centre, whatever the directory says."""
        connection = super().get_new_connection(conn_params)
        held = connection.execute("SELECT tenant_id FROM tenancy_namespaceepoch").fetchall()
        if held != [(self.route.tenant_id,)]:
            connection.close()
            raise WrongTenant(f"{self.route.namespace} holds {held}, not centre {self.route.tenant_id}")
        return connection

    def _start_transaction_under_autocommit(self) -> None:
        """Wait for other writers, asking often; one thread of a process at a time, so that nobody loses every time.

        SQLite's own waiting sleeps ever longer, up to 100 ms: under many writers the file then lies idle, and whoever
        has waited longest gets in last.
        """
        until = time.monotonic() + self.longest_wait_seconds
        queue = _queue_of(self.route.tenant_id)
        has_turn = queue.acquire(timeout=self.longest_wait_seconds)
        try:
            self.connection.execute("PRAGMA busy_timeout=0")
            while not self._begins(give_up=not has_turn or time.monotonic() > until):
                time.sleep(uniform(*ASK_AGAIN_SECONDS))  # noqa: S311  # nosec B311: spreads the askers
        finally:
            if has_turn:
                queue.release()
            self.connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_SECONDS * 1000:d}")

    def _begins(self, *, give_up: bool) -> bool:
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except OperationalError as refused:
            code = getattr(refused.__cause__, "sqlite_errorcode", None)
            if code is None or code & 0xFF != sqlite3.SQLITE_BUSY or give_up:
                raise
            return False
        return True

    def aim(self, route: Route) -> None:
        """A file per centre: another place or epoch of it is another connection."""
        if self.route != route:
            self.close()
            self.settings_dict = settings_for(route)
            self.route = route


def pool_key(route: Route) -> object:
    return route.address, route.namespace


_queues: dict[int, threading.Lock] = {}


def _queue_of(tenant_id: int) -> threading.Lock:
    """Where this process's writers of one centre wait for their turn to ask."""
    return _queues.setdefault(tenant_id, threading.Lock())


def settings_for(route: Route) -> dict[str, Any]:
    defaults = connections[CONTROL_ALIAS].settings_dict
    return {
        **defaults,
        "ENGINE": "reservo.tenancy.backends.sqlite",
        "NAME": address_of(path_of(route)),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": BUSY_TIMEOUT_SECONDS,
            "init_command": INIT_COMMAND,
        },
    }


def address_of(file: Path) -> str:
    """Opens the file if there is one: a lost one is an error, not a new, empty centre."""
    return f"file:{quote(str(file))}?mode=rw"


def path_of(route: Route) -> Path:
    return Path(route.address) / route.namespace
