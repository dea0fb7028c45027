"""Consecutive numbers (appointments, patients) inside one centre."""

from typing import Any

from django.db import connections

from reservo.tenancy.context import TENANT_ALIAS

_NEXT = """
    INSERT INTO tenancy_counter (name, value) VALUES (%s, 1)
    ON CONFLICT (name) DO UPDATE SET value = tenancy_counter.value + 1 RETURNING value
"""
_NEXT_ON_MARIADB = """
    INSERT INTO tenancy_counter (name, value) VALUES (%s, 1) ON DUPLICATE KEY UPDATE value = LAST_INSERT_ID(value + 1)
"""


class OutsideTransaction(RuntimeError):
    """A number was asked for outside a transaction; it could be lost or given twice."""


def take(name: str) -> int:
    """The next number of this name, from 1; given back if the surrounding transaction fails."""
    connection = connections[TENANT_ALIAS]
    if not connection.in_atomic_block:
        raise OutsideTransaction(name)
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":
            return _next_on_mariadb(cursor, name)
        cursor.execute(_NEXT, [name])
        return int(cursor.fetchone()[0])


def _next_on_mariadb(cursor: Any, name: str) -> int:
    """One row was made, or two were counted because one was changed: then its new value is the last id."""
    made = cursor.execute(_NEXT_ON_MARIADB, [name]) == 1
    return 1 if made else int(cursor.lastrowid)
