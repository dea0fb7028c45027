"""Backups that are due, one after the other, apart from the workers: a long one delays nobody's mail."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from django.db import DatabaseError
from django.db import connections as control_connections
from django.db.models import F, Q

from reservo import tenancy
from reservo.core.clock import now
from reservo.fleet.backups import keeping, taking
from reservo.fleet.models import Backup
from reservo.jobs.models import Heartbeat
from reservo.tenancy import connections
from reservo.tenancy.models import Placement

REST_SECONDS = 2.0
BEAT_SECONDS = 5.0
LEFT_BEHIND = timedelta(minutes=3)
ATTEMPTS = 8
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=1)
CONTROL_EVERY = timedelta(hours=1)
CATCH_UP_EVERY = timedelta(minutes=15)
CAUGHT_UP_AT_ONCE = 20
NICE = 10

log = logging.getLogger(__name__)
State = Backup.State


def ask(tenant_id: int, slug: str, *, due_on: date | None, at: datetime) -> Backup:
    """Have a backup taken; the same night's is asked for once. The control plane follows its centres."""
    with tenancy.control(), tenancy.atomic():
        fresh = {"slug": slug, "next_at": at}
        if due_on is None:
            made = Backup.objects.create(tenant_id=tenant_id, **fresh)
        else:
            made, _ = Backup.objects.get_or_create(tenant_id=tenant_id, due_on=due_on, defaults=fresh)
        if tenant_id:
            _ask_control(at)
    return made


def _ask_control(at: datetime) -> None:
    recent = Q(taken_at__gt=at - CONTROL_EVERY, state__in=(State.DONE, State.PARTIAL))
    waiting = Q(state__in=(State.DUE, State.RUNNING))
    if not Backup.objects.filter(recent | waiting, tenant_id=0).exists():
        Backup.objects.create(tenant_id=0, slug="", next_at=at + FIRST_RETRY)


def ask_first_ones(*, at: datetime) -> int:
    """A centre does not wait for its first night; how many were asked for."""
    known = Backup.objects.values("tenant_id")
    fresh = Placement.objects.filter(state=Placement.State.ACTIVE).exclude(pk__in=known)
    found = list(fresh.values_list("pk", "slug")[:CAUGHT_UP_AT_ONCE])
    for tenant_id, slug in found:
        ask(tenant_id, slug, due_on=None, at=at)
    return len(found)


def take_next(holder: str, *, at: datetime) -> Backup | None:
    """Take the one that is due longest, or one whose keeper is gone; nobody else has it then."""
    free = Q(state=State.DUE, next_at__lte=at) | Q(state=State.RUNNING, beat_at__lt=at - LEFT_BEHIND)
    for backup in Backup.objects.filter(free).order_by("next_at", "pk")[:10]:
        with tenancy.control(), tenancy.atomic():
            mine = Backup.objects.filter(free, pk=backup.pk).update(
                state=State.RUNNING, holder=holder, beat_at=at, attempts=F("attempts") + 1
            )
        if mine:
            backup.refresh_from_db()
            return backup
    return None


def begin(tenant_id: int, slug: str, holder: str, *, at: datetime) -> Backup:
    """One that whoever asks for it takes at once; no keeper does."""
    return Backup.objects.create(
        tenant_id=tenant_id,
        slug=slug,
        state=State.RUNNING,
        holder=holder,
        beat_at=at,
        next_at=at,
        attempts=ATTEMPTS,
    )


def run(backup: Backup, *, clock: taking.Clock = now) -> bool:
    """Whether it was taken; if not, the row says why and when it is tried again."""
    try:
        with _beating(backup, clock):
            taking.take(backup, clock=clock)
    except Exception as wrong:  # whatever it is, the others get theirs
        _fail(backup, wrong, at=clock())
        return False
    if backup.state == State.PARTIAL:
        log.error("backup of %s is not everywhere: %s", backup.slug or "control", backup.error)
    try:
        keeping.tidy(backup.tenant_id, at=clock())
    except OSError as wrong:
        log.error("old backups of %s could not be removed: %s", backup.slug or "control", wrong)
    return True


def _fail(backup: Backup, wrong: Exception, *, at: datetime) -> None:
    name = backup.slug or "control"
    log.error("backup of %s failed: %s: %s", name, type(wrong).__name__, wrong, exc_info=wrong)
    again = backup.attempts < ATTEMPTS
    wait = min(FIRST_RETRY * 2 ** max(backup.attempts - 1, 0), LONGEST_RETRY)
    Backup.objects.filter(pk=backup.pk).update(
        state=State.DUE if again else State.FAILED,
        error=f"{type(wrong).__name__}: {wrong}"[:300],
        next_at=at + wait,
        ended_at=at,
    )
    backup.refresh_from_db()


@contextmanager
def _beating(backup: Backup, clock: taking.Clock) -> Iterator[None]:
    """Says from another thread that the one who takes it is alive."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(BEAT_SECONDS):
            try:
                Backup.objects.filter(pk=backup.pk, state=State.RUNNING).update(beat_at=clock())
            except DatabaseError:
                log.exception("the control database does not answer")
        connections.close_all()
        control_connections.close_all()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def hand_on_late_ones() -> bool:
    """Some of those that are not everywhere; whether all of them are now, and more may wait."""
    late = list(
        Backup.objects.filter(state=State.PARTIAL, removed_at=None).order_by("pk")[:CAUGHT_UP_AT_ONCE]
    )
    ended = [taking.catch_up(backup).state == State.DONE for backup in late]
    return len(ended) == CAUGHT_UP_AT_ONCE and all(ended)


class Keeper:
    """A process of the installation; several may run."""

    def __init__(self) -> None:
        self.name = f"keeper:{socket.gethostname()}:{os.getpid()}"
        self._stopping = threading.Event()
        self._caught_up_at: datetime | None = None

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        os.nice(NICE)
        threading.Thread(target=self._beat, daemon=True).start()
        while not self._stopping.is_set():
            try:
                worked = self.step(at=now())
            except Exception:
                log.exception("the keeper could not look for work")
                worked = False
            if not worked:
                self._stopping.wait(REST_SECONDS)

    def step(self, *, at: datetime) -> bool:
        """One backup, or a look at those that are not everywhere; whether there was any work, and may be more."""
        if backup := take_next(self.name, at=at):
            run(backup)
            connections.close_all()
            return True
        if self._caught_up_at is None or at - self._caught_up_at > CATCH_UP_EVERY:
            ask_first_ones(at=at)
            if hand_on_late_ones():
                return True
            self._caught_up_at = at
        return False

    def _beat(self) -> None:
        while not self._stopping.is_set():
            try:
                Heartbeat.objects.update_or_create(
                    process=self.name, defaults={"kind": "keeper", "at": now()}
                )
            except Exception:
                log.exception("the control database does not answer")
            self._stopping.wait(BEAT_SECONDS)
