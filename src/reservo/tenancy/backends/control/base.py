"""The control database on SQLite; rows of models that live on both planes are checked here too."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.sqlite3 import base, operations


class DatabaseOperations(operations.DatabaseOperations):
    compiler_module = "reservo.tenancy.backends.compiler"


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations
    hinted_due: Any = None

    def set_autocommit(
        self, autocommit: bool, force_begin_transaction_with_broken_autocommit: bool = False
    ) -> None:
        super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)
        self.hinted_due = None

    @contextmanager
    def waiting_at_most(self, milliseconds: int) -> Iterator[None]:
        """Statements of the block do not wait longer than this for another writer."""
        self.ensure_connection()
        usual = int(self.settings_dict["OPTIONS"]["timeout"] * 1_000)
        self.connection.execute(f"PRAGMA busy_timeout={milliseconds:d}")
        try:
            yield
        finally:
            if self.connection is not None:
                self.connection.execute(f"PRAGMA busy_timeout={usual:d}")
