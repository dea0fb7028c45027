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

from reservo import tenancy
from reservo.adapters import bus
from reservo.core.clock import now
from reservo.jobs import claims, turns, wakeups
from reservo.jobs.models import Heartbeat
from reservo.jobs.nudges import Nudges
from reservo.jobs.sweeping import Sweep
from reservo.tenancy import directory, troubles
from reservo.tenancy.connections import close_all, keep_at_most

LONGEST_SLEEP_SECONDS = 1.0
WATCH_SECONDS = 5.0
REST_SECONDS = 0.5
CENTRES_PER_LOOK = 50
CONNECTIONS_PER_THREAD = 64
RESTING_SECONDS = 0.02
LOOK_SECONDS = 0.1
NOT_ACTIVE = timedelta(seconds=10)
UNWELL = timedelta(seconds=2)

log = logging.getLogger(__name__)


class Worker:
    """One process; `threads` centres at a time."""

    def __init__(self, *, threads: int = 4) -> None:
        self.name = f"worker:{socket.gethostname()}:{os.getpid()}"
        self._threads = threads
        self._stopping = threading.Event()
        self._bell = threading.Condition()
        self._nudged = Nudges()
        self._next_look = 0.0

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; a turn that has begun is finished."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        keep_at_most(CONNECTIONS_PER_THREAD)
        workers = [threading.Thread(target=self._loop, daemon=True) for _ in range(self._threads)]
        listener = threading.Thread(target=self._listen, daemon=True)
        for thread in (*workers, listener):
            thread.start()
        self._watch()
        for thread in workers:
            thread.join(timeout=20)

    def stop(self) -> None:
        self._stopping.set()
        with self._bell:
            self._bell.notify_all()

    def _watch(self) -> None:
        """Heartbeats, and the slow sweep that heals hints that were lost."""
        sweep = Sweep(self.name)
        while not self._stopping.is_set():
            try:
                beat(self.name, "worker")
                sweep.step(at=now())
            except DatabaseError:
                log.exception("the control database does not answer")
            self._stopping.wait(WATCH_SECONDS)

    def _listen(self) -> None:
        listening = bus.current().subscribe("jobs")
        while not self._stopping.is_set():
            message = listening.receive(0.5)
            if message:
                self._hear(int(message["tenant"]), message["due"] - now().timestamp())
        listening.close()

    def _hear(self, tenant_id: int, seconds_left: float) -> None:
        """Wake one thread; work that is due at once names its centre."""
        with self._bell:
            if seconds_left <= 0:
                self._nudged.add(tenant_id)
            if seconds_left <= LONGEST_SLEEP_SECONDS:
                self._bell.notify()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                if not self.look():
                    self._sleep()
            except Exception:
                log.exception("no work could be read")
                time.sleep(REST_SECONDS)
        close_all()
        connections.close_all()

    def _sleep(self) -> None:
        resting = RESTING_SECONDS if self._nudged else None
        seconds = resting or wakeups.seconds_to_next(LONGEST_SLEEP_SECONDS, at=now())
        with self._bell:
            if bool(self._nudged) == bool(resting) and not self._stopping.is_set():
                self._bell.wait(seconds)

    def look(self) -> bool:
        """Give one turn to every centre that is due, nudged ones first; whether there was any work."""
        worked = self._visit_nudged()
        for tenant_id, careful in self._due():
            if self._stopping.is_set():
                break
            if not self._nudged.rests(tenant_id):
                worked = bool(self._visit(tenant_id, careful=careful)) or worked
            worked = self._visit_nudged() or worked
        return worked

    def _due(self) -> list[tuple[int, bool]]:
        """Those whose hour has come. While nudges come in, the queue is read now and then, unless it was full."""
        if self._nudged and time.monotonic() < self._next_look:
            return []
        found = wakeups.due(CENTRES_PER_LOOK, at=now())
        is_full = len(found) == CENTRES_PER_LOOK
        self._next_look = time.monotonic() + (0 if is_full else LOOK_SECONDS)
        return found

    def _visit_nudged(self) -> bool:
        """Those that somebody else has at the moment are hinted at again: he may have looked too early."""
        worked = False
        while not self._stopping.is_set() and (tenant_id := self._nudged.pop()) is not None:
            done = self._visit(tenant_id)
            if done is None:
                wakeups.hint(tenant_id, now())
            worked = bool(done) or worked
        return worked

    def _visit(self, tenant_id: int, *, careful: bool = False) -> int | None:
        self._nudged.visited(tenant_id)
        return visit(tenant_id, self.name, careful=careful)


def visit(tenant_id: int, worker: str, *, careful: bool = False) -> int | None:
    """One turn for this centre, then say when it next has work. How many jobs; None if another worker has it."""
    taken = wakeups.take(tenant_id, at=now())
    if taken is None:
        return None
    done, next_due = _turn(tenant_id, worker, careful)
    wakeups.settle(taken, next_due, at=now())
    return done


def _turn(tenant_id: int, worker: str, careful: bool) -> tuple[int, datetime | None]:
    if tenant_id == 0:
        with tenancy.control():
            return turns.take_turn(worker, careful=careful), claims.next_due()
    route = directory.kept(tenant_id)
    if route is None:
        return 0, None
    if route.state != "active":
        return 0, now() + NOT_ACTIVE
    try:
        with tenancy.activate(route):
            return turns.take_turn(worker, careful=careful), claims.next_due()
    except troubles.OF_ONE_CENTRE as broken:
        log.warning("centre %s could not be worked on: %s", tenant_id, type(broken).__name__)
        return 0, now() + UNWELL


def beat(process: str, kind: str) -> None:
    Heartbeat.objects.update_or_create(process=process, defaults={"kind": kind, "at": now()})
    Heartbeat.objects.filter(at__lt=now() - timedelta(days=1)).delete()
