"""One database alias, `tenant`; the connection behind it is swapped for the active centre's."""

from __future__ import annotations

import resource
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connections

from reservo.tenancy import context
from reservo.tenancy.context import TENANT_ALIAS, RebindInTransaction, Route

DESCRIPTORS_PER_CONNECTION = 3
DESCRIPTORS_KEPT_FOR_OTHERS = 256
MOST_CONNECTIONS_PER_THREAD = 128

_kept = threading.local()
_most = MOST_CONNECTIONS_PER_THREAD


def bind(route: Route) -> None:
    """Put the centre's connection behind the alias, from this thread's pool or new (opened on first use)."""
    connections[TENANT_ALIAS] = replica_of(route) if context.reads_replica_of(route) else primary_of(route)


def primary_of(route: Route) -> Any:
    """This thread's connection to where the centre is written, aimed at it."""
    return _pooled(_engine(route).pool_key(route), route, _wrapper_for)


def replica_of(route: Route) -> Any:
    """This thread's connection to the standby of the centre's store, aimed at the centre."""
    return _pooled(("replica", route.store, route.replica), route, _replica_wrapper_for)


def _pooled(key: object, route: Route, make: Callable[[Route], Any]) -> Any:
    pool = _pool()
    wrapper = pool.get(key)
    if wrapper is None:
        _drop_left(pool, route)
        wrapper = pool[key] = make(route)
        _drop_oldest(pool)
    elif not wrapper.in_atomic_block:
        wrapper.aim(route)
    pool.move_to_end(key)
    return wrapper


def has_lost_its_store(exception: BaseException) -> bool:
    """The active centre's connection broke while it was used: nothing was committed, the next use opens another."""
    if not isinstance(exception, OperationalError | InterfaceError) or not context.is_active():
        return False
    used = connections[TENANT_ALIAS]
    return used.connection is None or not used.is_usable()


def unbind() -> None:
    if hasattr(connections._connections, TENANT_ALIAS):  # type: ignore[attr-defined]
        del connections[TENANT_ALIAS]


def is_bound(route: Route) -> bool:
    """Whether this thread's alias stands for this place of the centre."""
    bound = getattr(connections._connections, TENANT_ALIAS, None)  # type: ignore[attr-defined]
    return bound is not None and bound.route == route


def refuse_open_transaction() -> None:
    bound = getattr(connections._connections, TENANT_ALIAS, None)  # type: ignore[attr-defined]
    if bound is not None and bound.in_atomic_block:
        raise RebindInTransaction("a transaction of another centre is open")


def keep_at_most(per_thread: int) -> None:
    """Another bound for this process, such as one that looks at each centre once."""
    global _most
    _most = per_thread
    connections_per_thread.cache_clear()


def close_all() -> None:
    """Close every centre's connection of this thread."""
    pool = _pool()
    while pool:
        pool.popitem()[1].close()
    unbind()


def close_for(tenant_id: int) -> None:
    """Close this thread's connection to one centre (it moved, or its place is about to be replaced)."""
    pool = _pool()
    for key, wrapper in list(pool.items()):
        if wrapper.route.tenant_id == tenant_id:
            wrapper.close()
            del pool[key]


def _pool() -> OrderedDict[object, Any]:
    if not hasattr(_kept, "pool"):
        _kept.pool = OrderedDict()
    pool: OrderedDict[object, Any] = _kept.pool
    return pool


def _drop_left(pool: OrderedDict[object, Any], route: Route) -> None:
    """Connections to where this store, or its standby, was before it was promoted."""
    here = (route.address, route.replica)
    for key, wrapper in list(pool.items()):
        known = wrapper.route
        if known.store != route.store or not known.store or (known.address, known.replica) == here:
            continue
        if known.engine != "sqlite" and not wrapper.in_atomic_block:
            wrapper.close()
            del pool[key]


def _drop_oldest(pool: OrderedDict[object, Any]) -> None:
    while len(pool) > connections_per_thread():
        for key, wrapper in pool.items():
            if not wrapper.in_atomic_block:
                wrapper.close()
                del pool[key]
                break
        else:
            return


@lru_cache(maxsize=1)
def connections_per_thread() -> int:
    """Bound of the pool, from the descriptors this process may open (soft limit raised to the hard one)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else 65_536
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    threads = settings.RESERVO_THREADS + 2
    share = (wanted - DESCRIPTORS_KEPT_FOR_OTHERS) // (threads * DESCRIPTORS_PER_CONNECTION)
    return max(2, min(_most, share))


def _wrapper_for(route: Route) -> Any:
    engine = _engine(route)
    wrapper = engine.DatabaseWrapper(engine.settings_for(route), alias=TENANT_ALIAS)
    wrapper.route = route
    return wrapper


def _replica_wrapper_for(route: Route) -> Any:
    engine = _engine(route)
    wrapper = engine.ReplicaWrapper(engine.replica_settings_for(route), alias=TENANT_ALIAS)
    wrapper.route = route
    return wrapper


def _engine(route: Route) -> Any:
    return import_module(f"reservo.tenancy.backends.{route.engine}.base")
