"""A centre as it is at one moment, while others go on writing to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

from reservo import tenancy
from reservo.tenancy.context import TENANT_ALIAS

_BEGIN = {
    "sqlite": ("BEGIN", "SELECT 1 FROM tenancy_namespaceepoch"),
    "postgresql": ("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY", "SELECT 1"),
    "mariadb": (
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ),
}


@contextmanager
def snapshot() -> Iterator[None]:
    """Every read of the active centre until the end sees the same moment. Nothing may be written inside."""
    connection = connections[TENANT_ALIAS]
    connection.ensure_connection()
    with connection.cursor() as cursor:
        for statement in _BEGIN[tenancy.current().engine]:
            cursor.execute(statement)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")
            if tenancy.current().engine == "mariadb":
                cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
