"""Stores, places and hands for the tests of backups and exports."""

from __future__ import annotations

import time
from contextlib import contextmanager

import pytest

from reservo import tenancy
from reservo.agenda.models import Appointment
from reservo.core.clock import now
from reservo.fleet import rows, sequences
from reservo.fleet.backups import running, taking
from reservo.fleet.models import Backup
from reservo.tenancy import directory
from reservo.tenants import stores

ENGINES = ("sqlite", "postgresql", "mariadb")
CYCLE = [("sqlite", "postgresql"), ("postgresql", "mariadb"), ("mariadb", "sqlite")]
PAIRS = [
    pytest.param(source, target, marks=[] if (source, target) in CYCLE else [pytest.mark.full])
    for source in ENGINES
    for target in ENGINES
]


def stores_of_each_kind(servers, folder):
    """Name of a store of each engine."""
    stamp = time.monotonic_ns()
    made = {}
    for server in servers:
        described = stores.Description(
            name=f"{server.engine}-{stamp}", capacity=50, is_dedicated=True, **server.pool(f"backups_{stamp}")
        )
        made[server.engine] = stores.add(described).name
    described = stores.Description(
        name=f"files-{stamp}", engine="sqlite", address=str(folder), capacity=50, is_dedicated=True
    )
    return made | {"sqlite": stores.add(described).name}


def back_up(route, *, at=None):
    """A backup asked for and taken at once."""
    asked = running.ask(route.tenant_id, route.slug, due_on=None, at=at or now())
    return taking.take(asked, clock=(lambda: at) if at else now)


def content(slug):
    """Everything a centre holds: digests by table, and the last keys given."""
    with tenancy.activate(directory.find(slug)):
        return rows.digests(), sequences.last_given()


def numbers(slug):
    with tenancy.activate(directory.find(slug)):
        return sorted(Appointment.objects.values_list("number", flat=True))


def own_rows(tenant_id):
    return Backup.objects.filter(tenant_id=tenant_id)


@contextmanager
def changed_byte(path, position, bit=0):
    raw = bytearray(path.read_bytes())
    raw[position] ^= 1 << bit
    path.chmod(0o600)
    path.write_bytes(raw)
    try:
        yield
    finally:
        raw[position] ^= 1 << bit
        path.write_bytes(raw)
