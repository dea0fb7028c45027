"""The control database in a PostgreSQL database of its own."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db.backends.postgresql import base, operations

from reservo.tenancy.backends.control.wrapper import LONGEST_IDLE_SECONDS, ControlWrapper
from reservo.tenancy.backends.postgresql.base import says_full

ONE_AT_A_TIME = 0  # pooled centres in the same database lock their own key, from 1


class NoAnswer(psycopg.OperationalError):
    """The server took a statement and says nothing."""


class DatabaseOperations(operations.DatabaseOperations):
    compiler_module = "reservo.tenancy.backends.postgresql.compiler"


class DatabaseWrapper(ControlWrapper, base.DatabaseWrapper):
    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        options = (
            f"-c lock_timeout={self.lock_milliseconds:d}"
            f" -c idle_in_transaction_session_timeout={LONGEST_IDLE_SECONDS:d}s"
        )
        return super().get_connection_params() | {"options": options}

    def get_new_connection(self, conn_params: Any) -> Any:
        connection = super().get_new_connection(conn_params)
        wait = connection.wait
        connection.wait = lambda coming, *args, **kwargs: wait(
            _until(time.monotonic() + self.patience, coming), *args, **kwargs
        )
        return connection

    @contextmanager
    def waiting_at_most(self, milliseconds: int) -> Iterator[None]:
        """Giving up costs the connection, which an open transaction still needs."""
        if self.in_atomic_block:
            yield
            return
        with super().waiting_at_most(milliseconds):
            yield

    @contextmanager
    def patiently(self, seconds: float) -> Iterator[None]:
        with super().waiting_at_most(int(seconds * 1_000)):
            self._run(f"SET lock_timeout = {self.lock_milliseconds:d}")
            yield
        self.close()

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        self._run("SELECT pg_advisory_lock(hashtext(%s))", name)
        self.is_kept = True
        try:
            yield
        finally:
            self.is_kept = False
            self._run("SELECT pg_advisory_unlock(hashtext(%s))", name)

    def _wait_turn(self) -> None:
        with self.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME:d})")

    def _run(self, sql: str, *params: str) -> None:
        with self.cursor() as cursor:
            cursor.execute(sql, params)

    def _is_lost(self, error: Exception, sql: str) -> bool:
        return self.connection is None or self.connection.closed or isinstance(error.__cause__, NoAnswer)

    def _is_full(self, error: Exception) -> bool:
        return says_full(error)


def _until(end: float, coming: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """What the driver waits for, until then: a server that stands still keeps its connections open."""
    try:
        wanted = next(coming)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > end:
                raise NoAnswer("no answer in time")
            wanted = coming.send(ready)
    except StopIteration as over:
        return over.value
