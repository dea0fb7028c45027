"""The operator's trail: who did what to which centre, store or backup, from what to what, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from reservo import tenancy
from reservo.audit.operations import record
from reservo.core.actor import Actor


def note(action: str, kind: str, key: object, *, name: str, by: Actor, at: datetime, **details: Any) -> None:
    """`name` is what a person calls the thing (a centre's address, a store's name): it outlives the row."""
    with tenancy.control(), tenancy.atomic():
        record(action, kind, key, by=by, at=at, details={"name": name, **details})


def shell_actor(name: str = "") -> Actor:
    """Whoever types commands on the machine."""
    return Actor("operator", None, name or "reservo", "shell")
