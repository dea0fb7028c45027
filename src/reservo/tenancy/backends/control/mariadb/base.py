"""The control database on a MariaDB server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import ProgrammingError

from reservo.tenancy.backends.control.wrapper import LONGEST_IDLE_SECONDS, ControlWrapper
from reservo.tenancy.backends.mariadb.base import TOO_MANY, DatabaseOperations, PlainWrapper

LONGEST_NAME = 64


class DatabaseWrapper(ControlWrapper, PlainWrapper):
    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        lock_seconds = max(1, self.lock_milliseconds // 1_000)
        return super().get_connection_params() | {
            "read_timeout": self.patience,
            "init_command": f"SET innodb_lock_wait_timeout = {lock_seconds:d},"
            f" idle_transaction_timeout = {LONGEST_IDLE_SECONDS:d}",
        }

    @contextmanager
    def waiting_at_most(self, milliseconds: int) -> Iterator[None]:
        """Giving up costs the connection, which an open transaction still needs."""
        if self.in_atomic_block:
            yield
            return
        with super().waiting_at_most(milliseconds):
            yield

    def _apply_patience(self) -> None:
        if self.connection is not None:
            self.connection._read_timeout = self.patience

    @contextmanager
    def patiently(self, seconds: float) -> Iterator[None]:
        with super().waiting_at_most(int(seconds * 1_000)):
            self._run(f"SET innodb_lock_wait_timeout = {self.lock_milliseconds // 1_000:d}")
            yield
        self.close()

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        lock = f"{self.settings_dict['NAME']}:{name}"[-LONGEST_NAME:]
        self._run("SELECT GET_LOCK(%s, %s)", lock, int(self.patience))
        self.is_kept = True
        try:
            yield
        finally:
            self.is_kept = False
            self._run("SELECT RELEASE_LOCK(%s)", lock)

    def _wait_turn(self) -> None:
        """The one table that has a first row from the first migration on."""
        try:
            self._run("SELECT id FROM django_migrations ORDER BY id LIMIT 1 FOR UPDATE")
        except ProgrammingError:
            return  # nothing is there yet

    def _run(self, sql: str, *params: str | int) -> None:
        with self.cursor() as cursor:
            cursor.execute(sql, params)

    def _is_lost(self, error: Exception, sql: str) -> bool:
        return self.connection is None or not self.connection.open

    def _is_full(self, error: Exception) -> bool:
        return bool(error.args) and error.args[0] == TOO_MANY
