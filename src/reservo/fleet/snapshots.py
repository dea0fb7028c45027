"""The active plane as it is at one moment, while others go on writing to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

from reservo import tenancy
from reservo.tenancy.context import CONTROL_ALIAS, TENANT_ALIAS

_BEGIN = {
    "sqlite": ("BEGIN", "SELECT 1 FROM sqlite_master"),
    "postgresql": ("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY", "SELECT 1"),
    "mysql": (
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ),
}


@contextmanager
def snapshot() -> Iterator[None]:
    """Every read of the active plane until the end sees the same moment. Nothing may be written inside."""
    connection = connections[CONTROL_ALIAS if tenancy.in_control() else TENANT_ALIAS]
    connection.ensure_connection()
    with connection.cursor() as cursor:
        for statement in _BEGIN[connection.vendor]:
            cursor.execute(statement)
    connection.is_kept = True
    try:
        yield
    finally:
        connection.is_kept = False
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")
            if connection.vendor == "mysql":
                cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
