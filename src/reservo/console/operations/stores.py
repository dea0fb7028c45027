"""Stores given another capacity, closed to new centres or opened again; with a reason, in the trail."""

from __future__ import annotations

from datetime import datetime

from reservo.console import trail
from reservo.core.actor import Actor
from reservo.tenancy.models import Store
from reservo.tenants import stores


def set_capacity(name: str, capacity: int, *, reason: str, by: Actor, at: datetime) -> Store:
    """Raises BadStore, UnknownStore."""
    before = stores.named(name).capacity
    store = stores.set_capacity(name, capacity)
    details = {"from": str(before), "to": str(capacity), "reason": reason}
    trail.note("store.capacity", "store", store.pk, name=name, by=by, at=at, **details)
    return store


def drain(name: str, *, on: bool, reason: str, by: Actor, at: datetime) -> Store:
    """No new centre comes while it is drained. Raises UnknownStore."""
    store = stores.drain(name, on=on)
    action = "store.drained" if on else "store.opened"
    trail.note(action, "store", store.pk, name=name, by=by, at=at, reason=reason)
    return store
