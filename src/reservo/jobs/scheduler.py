"""The scheduler: one at a time, it knows when each centre's next recurring work is due and fires it."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from datetime import datetime, timedelta

from django.db import DatabaseError

from reservo import tenancy
from reservo.core.clock import now
from reservo.jobs import leases, recurring
from reservo.jobs.models import NextFiring
from reservo.jobs.recurring import Entry
from reservo.jobs.worker import beat
from reservo.tenancy import directory
from reservo.tenancy.backends.guard import StaleEpoch

LEASE = timedelta(seconds=10)
TICK_SECONDS = 1.0
CENTRES_PER_TICK = 200
UNWELL = timedelta(seconds=10)

log = logging.getLogger(__name__)


class Scheduler:
    def __init__(self, entries: list[Entry]) -> None:
        self.name = f"scheduler:{socket.gethostname()}:{os.getpid()}"
        self._entries = entries
        self._stopping = threading.Event()

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        started = False
        while not self._stopping.is_set():
            try:
                beat(self.name, "scheduler")
                if leases.take("scheduler", self.name, length=LEASE, at=now()):
                    if not started:
                        look_at_all(at=now())
                        started = True
                    tick(self._entries, at=now())
                else:
                    started = False
            except DatabaseError:
                log.exception("the scheduler could not read or write; it tries again")
            self._stopping.wait(TICK_SECONDS)
        leases.give_back("scheduler", self.name, at=now())


def look_at_all(*, at: datetime) -> None:
    """After a start every centre is looked at once: branches may have come or changed meanwhile."""
    for route in directory.all_active():
        look_at(route.tenant_id, at=at)


def look_at(tenant_id: int, *, at: datetime) -> None:
    """Have the scheduler read this centre's branches and clocks again."""
    NextFiring.objects.update_or_create(tenant_id=tenant_id, defaults={"at": at})


def tick(entries: list[Entry], *, at: datetime) -> int:
    """Fire what is due in all centres; how many jobs were put."""
    due = NextFiring.objects.filter(at__lte=at).order_by("at").values_list("tenant_id", flat=True)
    return sum(_visit(entries, tenant_id, at) for tenant_id in list(due[:CENTRES_PER_TICK]))


def _visit(entries: list[Entry], tenant_id: int, at: datetime) -> int:
    route = directory.by_id(tenant_id)
    if route is None:
        NextFiring.objects.filter(pk=tenant_id).delete()
        return 0
    put, following = 0, at + UNWELL
    if route.state == "active":
        try:
            with tenancy.activate(route):
                put = recurring.fire_due(entries, at=at)
                following = recurring.next_firing(entries, after=at)
        except (DatabaseError, StaleEpoch):
            log.exception("centre %s could not be scheduled", tenant_id)
    NextFiring.objects.filter(pk=tenant_id).update(at=following)
    return put
