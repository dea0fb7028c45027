"""What upper apps put into a new centre, in the order in which they registered."""

from __future__ import annotations

from collections.abc import Callable

from reservo.tenants.models import Tenant

Step = Callable[[Tenant, str], None]
_steps: list[Step] = []


def step(function: Step) -> Step:
    """Register `function(tenant, zone)`; it runs in the new centre's first transaction."""
    if function not in _steps:
        _steps.append(function)
    return function


def found(tenant: Tenant, zone: str) -> None:
    for function in _steps:
        function(tenant, zone)
