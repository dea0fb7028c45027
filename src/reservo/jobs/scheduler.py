"""The scheduler: one at a time, it knows when each centre's next recurring work is due and fires it."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from datetime import datetime, timedelta

from reservo import tenancy
from reservo.core.clock import now
from reservo.jobs import leases, recurring
from reservo.jobs.models import NextFiring
from reservo.jobs.recurring import Entry
from reservo.jobs.worker import beat
from reservo.tenancy import directory, troubles
from reservo.tenancy.connections import keep_at_most
from reservo.tenancy.models import Placement

LEASE = timedelta(seconds=10)
TICK_SECONDS = 1.0
CENTRES_PER_TICK = 50
CONNECTIONS = 4
UNWELL = timedelta(seconds=10)

log = logging.getLogger(__name__)


class Scheduler:
    def __init__(self, entries: list[Entry]) -> None:
        self.name = f"scheduler:{socket.gethostname()}:{os.getpid()}"
        self._entries = entries
        self._stopping = threading.Event()
        self._is_active = False

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        keep_at_most(CONNECTIONS)
        while not self._stopping.is_set():
            try:
                beat(self.name, "scheduler")
                full = self.turn(at=now()) >= CENTRES_PER_TICK
            except Exception:
                log.exception("the scheduler could not do its work; it tries again")
                full = False
            if not full:
                self._stopping.wait(TICK_SECONDS)
        leases.give_back("scheduler", self.name, at=now())

    def turn(self, *, at: datetime) -> int:
        """What is due, if this one is the active scheduler; how many centres were looked at."""
        was_active, self._is_active = (
            self._is_active,
            leases.take("scheduler", self.name, length=LEASE, at=at),
        )
        if not self._is_active:
            return 0
        if not was_active:
            look_at_all(at=at)
        look_at_new(at=at)
        return tick(self._entries, at=at)


def look_at_all(*, at: datetime) -> None:
    """After a start every centre is looked at once: branches may have come or changed meanwhile."""
    NextFiring.objects.update(at=at)


def look_at(tenant_id: int, *, at: datetime) -> None:
    """This centre's data were changed from outside: its branches and clocks are read again."""
    NextFiring.objects.update_or_create(tenant_id=tenant_id, defaults={"at": at})


def look_at_new(*, at: datetime) -> None:
    """Centres that the scheduler does not know yet."""
    known = NextFiring.objects.values("tenant_id")
    new = Placement.objects.filter(state=Placement.State.ACTIVE).exclude(pk__in=known)
    fresh = [NextFiring(tenant_id=key, at=at) for key in new.values_list("pk", flat=True)]
    if fresh:
        NextFiring.objects.bulk_create(fresh, ignore_conflicts=True)


def tick(entries: list[Entry], *, at: datetime) -> int:
    """Fire what is due in the centres that are due; how many were looked at."""
    due = NextFiring.objects.filter(at__lte=at).order_by("at").values_list("tenant_id", flat=True)
    centres = list(due[:CENTRES_PER_TICK])
    for tenant_id in centres:
        _visit(entries, tenant_id, at)
    return len(centres)


def _visit(entries: list[Entry], tenant_id: int, at: datetime) -> None:
    route = directory.by_id(tenant_id)
    if route is None:
        NextFiring.objects.filter(pk=tenant_id).delete()
        return
    following = at + UNWELL
    seen = NextFiring.objects.filter(pk=tenant_id).values_list("at", flat=True).first()
    if seen is None:
        return
    if route.state == "active":
        try:
            with tenancy.activate(route):
                recurring.fire_due(entries, at=at)
                following = recurring.next_firing(entries, after=at)
        except troubles.OF_ONE_CENTRE:
            log.exception("centre %s could not be scheduled", tenant_id)
    NextFiring.objects.filter(pk=tenant_id, at=seen).update(at=following)
