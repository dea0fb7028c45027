"""Consecutive numbers (appointments, patients) inside one centre."""

from django.db import connections

from reservo.tenancy.context import TENANT_ALIAS

_NEXT = """
    INSERT INTO tenancy_counter (name, value) VALUES (%s, 1)
    {else_count} value = tenancy_counter.value + 1 RETURNING value
"""
_ELSE_COUNT = {"mysql": "ON DUPLICATE KEY UPDATE"}
_ELSE_COUNT_ELSEWHERE = "ON CONFLICT (name) DO UPDATE SET"


class OutsideTransaction(RuntimeError):
    """A number was asked for outside a transaction; it could be lost or given twice."""


def take(name: str) -> int:
    """The next number of this name, from 1; given back if the surrounding transaction fails."""
    connection = connections[TENANT_ALIAS]
    if not connection.in_atomic_block:
        raise OutsideTransaction(name)
    else_count = _ELSE_COUNT.get(connection.vendor, _ELSE_COUNT_ELSEWHERE)
    with connection.cursor() as cursor:
        cursor.execute(_NEXT.format(else_count=else_count), [name])
        return int(cursor.fetchone()[0])
