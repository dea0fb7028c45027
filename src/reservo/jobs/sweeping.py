"""The slow sweep: every centre's jobs are read once in a while, and hints that should be there are written."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from reservo import tenancy
from reservo.jobs import claims, housekeeping, leases, wakeups
from reservo.jobs.models import Wakeup
from reservo.tenancy import directory, troubles
from reservo.tenancy.context import CONTROL_KEY, Route

PASS_EVERY = timedelta(minutes=5)
STEPS_PER_PASS = 60
LEASE = timedelta(seconds=30)

log = logging.getLogger(__name__)
Look = Callable[[list[Route], datetime], None]
_looks: list[Look] = []


def look(function: Look) -> Look:
    """Register `function(routes, at)`: each step's centres, while the sweep is there anyway."""
    if function not in _looks:
        _looks.append(function)
    return function


class Sweep:
    """One worker of the installation sweeps, a few centres at a time, all of them within PASS_EVERY."""

    def __init__(self, holder: str) -> None:
        self._holder = holder
        self._left: list[Route] = []
        self._begun: datetime | None = None
        self._per_step = 1

    def step(self, *, at: datetime) -> int:
        """Look at the next few centres; how many hints were missing."""
        if not leases.take("sweep", self._holder, length=LEASE, at=at):
            return 0
        mended = 0
        if self._begun is None or at - self._begun >= PASS_EVERY:
            self._begun, self._left = at, directory.all_active()
            self._per_step = -(-len(self._left) // STEPS_PER_PASS)
            mended += mend_control()
            housekeeping.prune_control(at=at)
        now_due, self._left = self._left[: self._per_step], self._left[self._per_step :]
        mended += sum(mend(route) for route in now_due)
        for function in _looks if now_due else ():
            function(now_due, at)
        return mended


def sweep() -> int:
    """All centres at once; how many hints were missing."""
    return mend_control() + sum(mend(route) for route in directory.all_active())


def mend_control() -> bool:
    with tenancy.control():
        return _hint_unless_known(CONTROL_KEY, claims.next_due())


def mend(route: Route) -> bool:
    """Whether this centre's hint was missing, or too late for its next job."""
    try:
        with tenancy.activate(route):
            due = claims.next_due()
    except troubles.OF_ONE_CENTRE as broken:
        log.warning("centre %s could not be swept: %s", route.tenant_id, type(broken).__name__)
        return False
    return _hint_unless_known(route.tenant_id, due)


def _hint_unless_known(tenant_id: int, due: datetime | None) -> bool:
    if due is None or Wakeup.objects.filter(pk=tenant_id, due_at__lte=due + wakeups.LOOK_AGAIN).exists():
        return False
    wakeups.hint(tenant_id, due)
    return True
