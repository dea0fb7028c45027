"""The control database as a file beside the centres'; rows of models that live on both planes are checked here too."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base, operations

from reservo.tenancy.backends.control import answering
from reservo.tenancy.backends.control.wrapper import ControlWrapper

_LOST = (
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CORRUPT,
)


class DatabaseOperations(operations.DatabaseOperations):
    compiler_module = "reservo.tenancy.backends.compiler"


class DatabaseWrapper(ControlWrapper, base.DatabaseWrapper):
    ops_class = DatabaseOperations
    _file: tuple[int, int] | None = None

    def get_connection_params(self) -> dict[str, Any]:
        return super().get_connection_params() | {"timeout": self.patience}

    def get_new_connection(self, conn_params: Any) -> Any:
        """A file that is gone is an error, not a new, empty installation: `prepare` alone makes one."""
        found = _identity(self.settings_dict["NAME"])
        if found is None:
            raise OperationalError(f"{self.settings_dict['NAME']} is not there")
        self._file = found
        return super().get_new_connection(conn_params)

    def _drop_if_doubtful(self) -> None:
        """The file that is open may have been moved away, or another put in its place."""
        if answering.is_away() or _identity(self.settings_dict["NAME"]) != self._file:
            self.close()

    def make(self) -> None:
        Path(self.settings_dict["NAME"]).touch()

    def _apply_patience(self) -> None:
        if self.connection is not None:
            self.connection.execute(f"PRAGMA busy_timeout={int(self.patience * 1_000):d}")

    @contextmanager
    def patiently(self, seconds: float) -> Iterator[None]:
        yield

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        with Path(f"{self.settings_dict['NAME']}.{name}").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _is_lost(self, error: Exception, sql: str) -> bool:
        """Who may not even read has nothing; who waited in vain to write has only that."""
        code = getattr(error.__cause__, "sqlite_errorcode", None)
        if code is None:
            return False
        is_locked = code & 0xFF == sqlite3.SQLITE_BUSY and sql.lstrip()[:6].upper() == "SELECT"
        return is_locked or code & 0xFF in _LOST


def _identity(name: str) -> tuple[int, int] | None:
    try:
        found = os.stat(name)
    except OSError:
        return None
    return found.st_dev, found.st_ino
