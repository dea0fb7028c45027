"""Reads that may be a moment old go to the store's standby; never behind what their own session wrote."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from django.db import DatabaseError, InterfaceError

from reservo.core import trace
from reservo.tenancy import connections, context
from reservo.tenancy.context import Route
from reservo.tenancy.servers import StoreUnavailable

LONGEST_WAIT_SECONDS = 0.05
MOST_BEHIND_SECONDS = 10.0
LOOK_EVERY_SECONDS = 1.0
LEFT_ALONE_SECONDS = 5.0
AWAY = (StoreUnavailable, DatabaseError, InterfaceError)

_View = TypeVar("_View", bound=Callable[..., Any])


class StaleReadInTransaction(RuntimeError):
    """What a transaction reads has to be what it writes to: it never reads from the standby."""


class ReplicaLost(StoreUnavailable):
    """The standby went away while it was read; asked again, the primary answers."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Up to where a session has to see the journal of its centre's server; `position` is empty if nobody knows."""

    epoch: int
    position: str


_seen: ContextVar[Seen | None] = ContextVar("reservo_seen", default=None)


@contextmanager
def session(seen: Seen | None) -> Iterator[None]:
    """What stale reads in this block have to show, besides what their own thread wrote."""
    token = _seen.set(seen)
    try:
        yield
    finally:
        _seen.reset(token)


@contextmanager
def stale_reads() -> Iterator[None]:
    """Reads in this block may be up to `MOST_BEHIND_SECONDS` old, but show what this session and thread wrote.

    They go to the standby if there is one that has come that far, or does within `LONGEST_WAIT_SECONDS`; else to the
    primary. Lazy queries have to be used up inside. Raises StaleReadInTransaction, ReplicaLost.
    """
    route = context.current()
    if context.in_transaction():
        raise StaleReadInTransaction("inside tenancy.atomic() everything is read from the primary")
    if not route.replica or context.reads_replica_of(route) or not _shows_enough(route):
        yield
        return
    trace.note(read_from="replica")
    with context.from_replica():
        try:
            yield
        except AWAY as broken:
            if isinstance(broken, StoreUnavailable) or connections.has_lost_its_store(broken):
                raise ReplicaLost("the standby went away") from broken
            raise


def may_be_stale(view: _View) -> _View:
    """A view all of whose reads are `stale_reads`; below the rule that says who may see it."""

    @wraps(view)
    def read(*args: Any, **kwargs: Any) -> Any:
        with stale_reads():
            return view(*args, **kwargs)

    return goes_on_without_primary(read)  # type: ignore[return-value]


def goes_on_without_primary(view: _View) -> _View:
    """A view that is answered from the standby, whatever it shows, while the primary is away."""
    view.goes_on_without_primary = True  # type: ignore[attr-defined]
    return view


def is_able_to_go_on(view: Callable[..., Any] | None) -> bool:
    return bool(getattr(view, "goes_on_without_primary", False))


def let_catch_up(route: Route) -> None:
    """Until the standby shows what was written here so far; one that does not is too far behind to be read."""
    if route.replica:
        with suppress(*AWAY):
            position = connections.primary_of(route).position()
            connections.replica_of(route).has_reached(position, within=MOST_BEHIND_SECONDS)


def _shows_enough(route: Route) -> bool:
    """Whether the standby answers, is not far behind, and has what this session and thread wrote."""
    pace = _pace_of(route)
    if time.monotonic() < pace.left_alone_until:
        return False
    try:
        wanted = _wanted(route)
        if wanted is None:
            return False
        replica = connections.replica_of(route)
        replica.ensure_connection()
        return pace.keeps_up(route, replica) and all(
            replica.has_reached(position, within=LONGEST_WAIT_SECONDS) for position in wanted
        )
    except AWAY:
        pace.left_alone_until = time.monotonic() + LEFT_ALONE_SECONDS
        return False


def _wanted(route: Route) -> list[str] | None:
    """Positions that have to be there; None if nobody knows which."""
    seen = _seen.get()
    if seen is not None and (seen.epoch != route.epoch or not seen.position):
        return None
    own = connections.primary_of(route).position_written()
    return list(filter(None, {own, seen.position if seen else ""}))


class _Pace:
    """When the standby of one store was last known to be up to date, as this process saw it."""

    def __init__(self) -> None:
        self._looking = threading.Lock()
        self._looked_at = self._kept_up_at = float("-inf")
        self.left_alone_until = float("-inf")

    def keeps_up(self, route: Route, replica: Any) -> bool:
        if time.monotonic() - self._looked_at > LOOK_EVERY_SECONDS and self._looking.acquire(blocking=False):
            try:
                self._look(route, replica)
            finally:
                self._looking.release()
        return time.monotonic() - self._kept_up_at < MOST_BEHIND_SECONDS

    def _look(self, route: Route, replica: Any) -> None:
        at = time.monotonic()
        position = connections.primary_of(route).position()
        if replica.has_reached(position, within=LONGEST_WAIT_SECONDS):
            self._kept_up_at = at
        self._looked_at = time.monotonic()


_lock = threading.Lock()
_paces: dict[tuple[str, str], _Pace] = {}


def _pace_of(route: Route) -> _Pace:
    with _lock:
        return _paces.setdefault((route.store, route.replica), _Pace())
