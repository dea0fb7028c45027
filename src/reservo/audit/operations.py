"""Writing the trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from reservo.audit.models import Action
from reservo.core import trace
from reservo.core.actor import Actor


def record(
    action: str,
    object_kind: str = "",
    object_id: object = "",
    *,
    by: Actor,
    at: datetime,
    details: Any = None,
) -> None:
    """Add a line on the active plane, in the caller's transaction if there is one; no patients' text in it."""
    Action.objects.create(
        at=at,
        actor=by.kind,
        actor_id=by.id,
        actor_name=by.name[:80],
        channel=by.channel,
        action=action,
        object_kind=object_kind,
        object_id=str(object_id),
        details=details or {},
        trace=trace.current(),
    )
