"""What upper apps do in a centre when somebody accepts its invitation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Joining:
    tenant_id: int
    staff_id: int
    user_id: int
    name: str


Step = Callable[[Joining, datetime], None]
_steps: list[Step] = []


def step(function: Step) -> Step:
    """Register `function(joining, at)`; it may be called again for the same person and then changes nothing."""
    if function not in _steps:
        _steps.append(function)
    return function


def join(joining: Joining, *, at: datetime) -> None:
    for function in _steps:
        function(joining, at)
