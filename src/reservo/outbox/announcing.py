"""Announcing an event and letting upper apps add their rows to the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from reservo import tenancy
from reservo.core import trace

Receiver = Callable[[Any, datetime], None]
_receivers: dict[type, list[Receiver]] = defaultdict(list)


class OutsideTransaction(RuntimeError):
    """An event was announced outside the transaction of its change; it could be lost or lie."""


def receiver(event_type: type) -> Callable[[Receiver], Receiver]:
    """Register `function(event, at)`. It only writes rows: what it does commits or fails with the change."""

    def register(function: Receiver) -> Receiver:
        if function not in _receivers[event_type]:
            _receivers[event_type].append(function)
        return function

    return register


def announce(event: Any, *, at: datetime) -> None:
    """Write the event and everything that receivers derive from it. Raises OutsideTransaction."""
    from reservo.outbox.models import Event

    if not tenancy.in_transaction():
        raise OutsideTransaction(type(event).__name__)
    Event.objects.create(
        kind=type(event).__name__,
        schema=getattr(event, "schema", 1),
        payload=asdict(event),
        at=at,
        trace=trace.current(),
    )
    for function in _receivers[type(event)]:
        function(event, at)
