"""The worker: takes centres that have work in turn, sleeps until the next hint or nudge."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from datetime import datetime, timedelta

from django.db import DatabaseError, connections
from django.db.models import Q

from reservo import tenancy
from reservo.adapters import bus
from reservo.core.clock import now
from reservo.jobs import claims, turns, wakeups
from reservo.jobs.models import Heartbeat, Wakeup
from reservo.tenancy import directory
from reservo.tenancy.backends.guard import StaleEpoch
from reservo.tenancy.connections import close_all

LONGEST_SLEEP_SECONDS = 1.0
SWEEP_EVERY = timedelta(minutes=5)
HEARTBEAT_EVERY = timedelta(seconds=5)
CENTRES_PER_LOOK = 50

log = logging.getLogger(__name__)


class Worker:
    """One process; `threads` centres at a time."""

    def __init__(self, *, threads: int = 2) -> None:
        self.name = f"worker:{socket.gethostname()}:{os.getpid()}"
        self._threads = threads
        self._stopping = threading.Event()
        self._nudged = threading.Event()

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; a turn that has begun is finished."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        workers = [threading.Thread(target=self._loop, daemon=True) for _ in range(self._threads)]
        listener = threading.Thread(target=self._listen, daemon=True)
        for thread in (*workers, listener):
            thread.start()
        self._watch()
        for thread in workers:
            thread.join(timeout=20)

    def stop(self) -> None:
        self._stopping.set()
        self._nudged.set()

    def _watch(self) -> None:
        """Heartbeats, and the slow sweep that heals hints that were lost."""
        swept = datetime.min.replace(tzinfo=now().tzinfo)
        while not self._stopping.is_set():
            try:
                beat(self.name, "worker")
                if now() - swept > SWEEP_EVERY:
                    sweep()
                    swept = now()
            except DatabaseError:
                log.exception("the control database does not answer")
            self._stopping.wait(HEARTBEAT_EVERY.total_seconds())

    def _listen(self) -> None:
        listening = bus.current().subscribe("jobs")
        while not self._stopping.is_set():
            message = listening.receive(0.5)
            if message and message["due"] <= now().timestamp() + LONGEST_SLEEP_SECONDS:
                self._nudged.set()
        listening.close()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._nudged.clear()
            try:
                worked = self.look()
            except DatabaseError:
                log.exception("no work could be read")
                worked = False
                time.sleep(0.5)
            if not worked:
                self._nudged.wait(seconds_to_next())
        close_all()
        connections.close_all()

    def look(self) -> bool:
        """Give one turn to every centre that is due; whether there was any."""
        due = list(
            Wakeup.objects.filter(_free(now()), due_at__lte=now()).order_by("due_at")[:CENTRES_PER_LOOK]
        )
        worked = False
        for wakeup in due:
            if self._stopping.is_set():
                break
            worked = visit(wakeup.tenant_id, self.name) or worked
        return worked


def _free(at: datetime) -> Q:
    return Q(taken_until__isnull=True) | Q(taken_until__lte=at)


def visit(tenant_id: int, worker: str) -> bool:
    """One turn for this centre, unless another worker has it; then say when it next has work."""
    at = now()
    taken = Wakeup.objects.filter(_free(at), pk=tenant_id).update(taken_until=at + wakeups.TAKEN_FOR)
    seen = Wakeup.objects.filter(pk=tenant_id).first()
    if not taken or seen is None:
        return False
    done, next_due = _turn(tenant_id, worker)
    _settle(seen, next_due)
    return done > 0


def _turn(tenant_id: int, worker: str) -> tuple[int, datetime | None]:
    if tenant_id == 0:
        with tenancy.control():
            return turns.take_turn(worker), claims.next_due()
    route = directory.by_id(tenant_id)
    if route is None:
        return 0, None
    if route.state != "active":
        return 0, now() + timedelta(seconds=30)
    try:
        with tenancy.activate(route):
            return turns.take_turn(worker), claims.next_due()
    except (StaleEpoch, DatabaseError) as broken:
        log.warning("centre %s could not be worked on: %s", tenant_id, type(broken).__name__)
        return 0, now() + timedelta(seconds=2)


def _settle(seen: Wakeup, next_due: datetime | None) -> None:
    """Write when the centre has work again. A hint given meanwhile wins; a young one is not cleared."""
    at = now()
    unchanged = Wakeup.objects.filter(pk=seen.pk, generation=seen.generation)
    if next_due is None and at - seen.hinted_at > wakeups.LONGEST_TRANSACTION:
        settled = unchanged.delete()[0]
    else:
        look_again = (
            at + wakeups.LOOK_AGAIN if at - seen.hinted_at <= wakeups.LONGEST_TRANSACTION else next_due
        )
        due = min(next_due, look_again) if next_due and look_again else next_due or look_again
        settled = unchanged.update(due_at=due, taken_until=None)
    if not settled:
        Wakeup.objects.filter(pk=seen.pk).update(taken_until=None)


def seconds_to_next() -> float:
    """How long to sleep if nobody nudges."""
    row = Wakeup.objects.filter(_free(now())).order_by("due_at").values_list("due_at", flat=True).first()
    wait = (row - now()).total_seconds() if row else LONGEST_SLEEP_SECONDS
    return min(max(wait, 0.005), LONGEST_SLEEP_SECONDS)


def sweep() -> int:
    """Read every centre's jobs once and write the hints that should be there; how many were missing."""
    hinted = set(Wakeup.objects.values_list("tenant_id", flat=True))
    mended = 0
    for route in directory.all_active():
        if route.tenant_id in hinted:
            continue
        with tenancy.activate(route):
            due = claims.next_due()
        if due:
            wakeups.hint(route.tenant_id, due, at=now())
            mended += 1
    return mended


def beat(process: str, kind: str) -> None:
    Heartbeat.objects.update_or_create(process=process, defaults={"kind": kind, "at": now()})
    Heartbeat.objects.filter(at__lt=now() - timedelta(days=1)).delete()
