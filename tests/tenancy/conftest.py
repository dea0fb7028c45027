"""Centres on a database server of this engine, whatever the engine of the run."""

import time

import pytest

from reservo.tenancy import connections as tenant_connections
from reservo.tenancy.models import Placement
from reservo.tenants import stores
from tests.cast import make_cast


@pytest.fixture
def pool(server, control):
    """A store of its own on the session's server of this engine."""
    name = f"{server.engine}-{time.monotonic_ns()}"
    store = stores.add(
        stores.Description(name=name, capacity=20, is_dedicated=True, **server.pool(name.replace("-", "_")))
    )
    yield store
    tenant_connections.close_all()
    Placement.objects.filter(store=store).update(state="disabled")


@pytest.fixture
def pair(pool, monkeypatch):
    monkeypatch.setenv("RESERVO_DEFAULT_STORE", pool.name)
    return make_cast(), make_cast()
