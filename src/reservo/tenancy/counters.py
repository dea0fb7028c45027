"""Consecutive numbers (appointments, patients) inside one centre."""

from django.db import connections
from django.db.models import F

from reservo.tenancy.context import TENANT_ALIAS
from reservo.tenancy.models import Counter


class OutsideTransaction(RuntimeError):
    """A number was asked for outside a transaction; it could be lost or given twice."""


def take(name: str) -> int:
    """The next number of this name, from 1; given back if the surrounding transaction fails."""
    if not connections[TENANT_ALIAS].in_atomic_block:
        raise OutsideTransaction(name)
    if not _add_one(name):
        Counter.objects.bulk_create(
            [Counter(name=name, value=0)], ignore_conflicts=True
        )  # two may be the first
        _add_one(name)
    value: int = Counter.objects.values_list("value", flat=True).get(name=name)
    return value


def _add_one(name: str) -> bool:
    return bool(Counter.objects.filter(name=name).update(value=F("value") + 1))
