"""Which centre the running code speaks for."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction

TENANT_ALIAS = "tenant"
CONTROL_ALIAS = "default"
CONTROL_KEY = 0


class NoTenant(RuntimeError):
    """A query on a centre's data was made while no centre was active."""


class WrongTenant(RuntimeError):
    """A row or query of one centre was used while another was active."""


class RebindInTransaction(RuntimeError):
    """Another centre was activated inside an open transaction."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a centre lives and under which epoch; plain values, safe to keep and to pass to threads."""

    tenant_id: int
    slug: str
    state: str
    zone: str
    epoch: int
    engine: str
    address: str
    namespace: str
    store: str = ""
    schema: str = ""  # recorded version of its tables; empty: this release's
    language: str = "es"
    frame_sites: str = ""
    replica: str = ""


_CONTROL = Route(CONTROL_KEY, "", "active", "UTC", 0, "", "", "")
_bound: ContextVar[Route | None] = ContextVar("reservo_tenant", default=None)
_replica_of: ContextVar[int | None] = ContextVar("reservo_replica_of", default=None)


def current() -> Route:
    """The active centre's route. Raises NoTenant outside `activate` and inside `control`."""
    route = _bound.get()
    if route is None or route is _CONTROL:
        raise NoTenant("no centre is active")
    return route


def is_active() -> bool:
    route = _bound.get()
    return route is not None and route is not _CONTROL


def plane_key() -> int:
    """Tenant id of the active centre, or 0 inside `control`; the identity that rows are stamped with."""
    route = _bound.get()
    if route is None:
        raise NoTenant("neither a centre nor the control plane is active")
    return route.tenant_id


def plane_key_or_none() -> int | None:
    route = _bound.get()
    return None if route is None else route.tenant_id


def in_control() -> bool:
    return _bound.get() is _CONTROL


@contextmanager
def activate(route: Route) -> Iterator[Route]:
    """Speak for this centre until the block ends; blocks nest, but never inside a transaction of another."""
    from reservo.tenancy import connections

    before = _bound.get()
    if before is not None and before.tenant_id != route.tenant_id:
        connections.refuse_open_transaction()
    token = _bound.set(route)
    connections.bind(route)
    try:
        yield route
    finally:
        _bound.reset(token)
        if before is None or before is _CONTROL:
            connections.unbind()
        else:
            connections.bind(before)


def reads_replica_of(route: Route) -> bool:
    """Whether the running code reads this centre from its store's standby."""
    return _replica_of.get() == route.tenant_id and bool(route.replica)


@contextmanager
def from_replica() -> Iterator[None]:
    """The active centre is read from its store's standby until the block ends; nothing can be written there."""
    from reservo.tenancy import connections

    route = current()
    connections.refuse_open_transaction()
    token = _replica_of.set(route.tenant_id)
    try:
        connections.bind(route)
        yield
    finally:
        _replica_of.reset(token)
        connections.bind(route)


@contextmanager
def control() -> Iterator[None]:
    """Speak for the operator: models that live on both planes are those of the control database."""
    from reservo.tenancy import connections

    before = _bound.get()
    if before is not None and before is not _CONTROL:
        connections.refuse_open_transaction()
        connections.unbind()
    token = _bound.set(_CONTROL)
    try:
        yield
    finally:
        _bound.reset(token)
        if before is not None and before is not _CONTROL:
            connections.bind(before)


_Function = TypeVar("_Function", bound=Callable[..., Any])


def carry(function: _Function) -> _Function:
    """The function, bound to today's centre wherever and whenever it runs (another thread, a callback)."""
    from reservo.tenancy import connections

    route = _bound.get()

    @functools.wraps(function)
    def carried(*args: Any, **kwargs: Any) -> Any:
        if route is None or (_bound.get() is route and connections.is_bound(route)):
            return function(*args, **kwargs)
        scope: AbstractContextManager[Any] = control() if route is _CONTROL else activate(route)
        with scope:
            return function(*args, **kwargs)

    return carried  # type: ignore[return-value]


def _alias() -> str:
    if in_control():
        return CONTROL_ALIAS
    current()
    return TENANT_ALIAS


def atomic(*, savepoint: bool = True, durable: bool = False) -> transaction.Atomic:
    """A transaction on the active plane; on a centre it is refused under an old epoch (StaleEpoch)."""
    return transaction.atomic(using=_alias(), savepoint=savepoint, durable=durable)


def in_transaction() -> bool:
    """Whether a transaction of the active plane is open."""
    return bool(transaction.get_connection(using=_alias()).in_atomic_block)


def on_commit(function: Callable[[], Any]) -> None:
    """Run after the active plane's transaction commits, with the same centre active."""
    transaction.on_commit(carry(function), using=_alias())
