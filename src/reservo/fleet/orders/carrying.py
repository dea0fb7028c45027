"""Carrying orders out, one after the other, in a process of its own; what a killed one left is gone on with."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db import connections as control_connections
from django.db.models import F, Q

from reservo import tenancy
from reservo.core.clock import now
from reservo.fleet.models import Order
from reservo.fleet.orders.endings import Ended, PorterLost, kept, why
from reservo.jobs.worker import beat
from reservo.tenancy import connections

REST_SECONDS = 1.0
BEAT_SECONDS = 5.0
LEFT_BEHIND = timedelta(seconds=20)
ATTEMPTS = 5

log = logging.getLogger(__name__)
State = Order.State
Clock = Callable[[], datetime]
Carry = Callable[[Order, Clock], Ended]
_carriers: dict[str, Carry] = {}


def carries(kind: str) -> Callable[[Carry], Carry]:
    """Register `function(order, clock)`: it does the thing, again if need be, and says how it ended.

    `order.attempts` above 1 means that an earlier one was killed in the middle of it.
    """

    def register(function: Carry) -> Carry:
        _carriers[kind] = function
        return function

    return register


def take_next(holder: str, *, at: datetime) -> Order | None:
    """The one that is due longest, or one whose porter is gone; nobody else has it then."""
    due = Q(state=State.WAITING, not_before__lte=at)
    free = due | Q(state=State.RUNNING, beat_at__lt=at - LEFT_BEHIND)
    for order in Order.objects.filter(free).order_by("not_before", "pk")[:10]:
        with tenancy.control(), tenancy.atomic():
            mine = Order.objects.filter(free, pk=order.pk).update(
                state=State.RUNNING,
                holder=holder,
                beat_at=at,
                began_at=order.began_at or at,
                attempts=F("attempts") + 1,
            )
        if mine:
            order.refresh_from_db()
            return order
    return None


def run(order: Order, *, clock: Clock = now) -> bool:
    """Whether it was done; if not, the row says why."""
    try:
        with _beating(order, clock):
            if order.attempts > ATTEMPTS:
                raise PorterLost("its porter died each time")
            ended = _carriers[order.kind](order, clock)
    except Exception as wrong:  # whatever it is, the others get their turn
        log.error("order %s failed", order, exc_info=wrong)
        _end(order, State.FAILED, clock(), error=f"{type(wrong).__name__}: {wrong}"[:300], ending=why(wrong))
        return False
    _end(order, State.DONE, clock(), said=str(ended)[:300], ending=kept(ended))
    return True


def _end(order: Order, state: str, at: datetime, **facts: object) -> None:
    mine = Order.objects.filter(pk=order.pk, holder=order.holder)
    mine.update(state=state, open_for=None, ended_at=at, **facts)
    order.refresh_from_db()


@contextmanager
def _beating(order: Order, clock: Clock) -> Iterator[None]:
    """Says from another thread that the one who carries it is alive."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(BEAT_SECONDS):
            try:
                Order.objects.filter(pk=order.pk, holder=order.holder).update(beat_at=clock())
            except DatabaseError:
                log.exception("the control database does not answer")
        control_connections.close_all()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class Porter:
    """A process of the installation; several may run."""

    def __init__(self) -> None:
        self.name = f"porter:{socket.gethostname()}:{os.getpid()}"
        self._stopping = threading.Event()

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        threading.Thread(target=self._beat, daemon=True).start()
        while not self._stopping.is_set():
            try:
                worked = self.step(at=now())
            except Exception:
                log.exception("the porter could not look for work")
                worked = False
            if not worked:
                self._stopping.wait(REST_SECONDS)

    def step(self, *, at: datetime) -> bool:
        """One order, if any is due."""
        order = take_next(self.name, at=at)
        if order is None:
            return False
        run(order)
        connections.close_all()
        return True

    def _beat(self) -> None:
        while not self._stopping.is_set():
            try:
                beat(self.name, "porter")
            except Exception:
                log.exception("the control database does not answer")
            self._stopping.wait(BEAT_SECONDS)
