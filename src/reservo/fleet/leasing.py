"""One process at a time for a long work, by a lease that it renews; one that was killed can be followed soon."""

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

from reservo.jobs import leases
from reservo.jobs.models import Lease

LENGTH = timedelta(seconds=5)
RENEW_SECONDS = 1.0

log = logging.getLogger(__name__)


class HeldByAnother(RuntimeError):
    """Another process is at this work, or was some seconds ago."""


@contextmanager
def held(name: str, clock: Callable[[], datetime]) -> Iterator[str]:
    """The holder's name. Raises HeldByAnother."""
    holder = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
    if not leases.take(name, holder, length=LENGTH, at=clock()):
        raise HeldByAnother(name)
    over = threading.Event()
    keeper = threading.Thread(target=_renew, args=(name, holder, clock, over), daemon=True)
    keeper.start()
    try:
        yield holder
    finally:
        over.set()
        keeper.join()
        leases.give_back(name, holder, at=clock())


def is_held(name: str, holder: str) -> bool:
    """Asked inside the transaction that must not come from one who slept through the lease."""
    return Lease.objects.filter(pk=name, holder=holder).exists()


def _renew(name: str, holder: str, clock: Callable[[], datetime], over: threading.Event) -> None:
    while not over.wait(RENEW_SECONDS):
        try:
            leases.take(name, holder, length=LENGTH, at=clock())
        except DatabaseError:
            log.exception("the lease could not be renewed")
    connections.close_all()
