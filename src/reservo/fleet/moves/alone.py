"""One mover at a time for a move, by a lease that it renews; one that was killed can be followed soon."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DatabaseError, connections

from reservo.fleet.models import Move
from reservo.fleet.moves.planning import AlreadyMoving
from reservo.jobs import leases
from reservo.jobs.models import Lease

LENGTH = timedelta(seconds=5)
RENEW_SECONDS = 1.0

log = logging.getLogger(__name__)


@contextmanager
def alone(move: Move, clock: Callable[[], datetime]) -> Iterator[None]:
    """Raises AlreadyMoving while another mover holds it."""
    name, holder = _name(move), f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
    if not leases.take(name, holder, length=LENGTH, at=clock()):
        raise AlreadyMoving(move.slug)
    move.mover = holder
    over = threading.Event()
    keeper = threading.Thread(target=_renew, args=(name, holder, clock, over), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()
        leases.give_back(name, holder, at=clock())


def refuse_if_lost(move: Move) -> None:
    """Inside the transaction that flips: a mover that slept through its lease flips nothing."""
    if not Lease.objects.filter(pk=_name(move), holder=move.mover).exists():
        raise AlreadyMoving(move.slug)


def _name(move: Move) -> str:
    return f"move:{move.pk}"


def _renew(name: str, holder: str, clock: Callable[[], datetime], over: threading.Event) -> None:
    while not over.wait(RENEW_SECONDS):
        try:
            leases.take(name, holder, length=LENGTH, at=clock())
        except DatabaseError:
            log.exception("the mover's lease could not be renewed")
    connections.close_all()
