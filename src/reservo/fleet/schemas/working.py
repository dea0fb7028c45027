"""A process of a run: takes centres one after the other and brings them up."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from reservo import tenancy
from reservo.fleet import rows
from reservo.fleet.models import MigrationRun, TenantMigration
from reservo.fleet.schemas import applying, planning
from reservo.tenancy import connections as tenant_connections
from reservo.tenancy import directory, namespaces, servers
from reservo.tenancy.backends.guard import StaleEpoch
from reservo.tenancy.models import Placement

MOST_ATTEMPTS = 20
FIRST_WAIT = timedelta(seconds=0.5)
LONGEST_WAIT = timedelta(seconds=15)
LOOK_AGAIN_SECONDS = 0.2
State = TenantMigration.State
Clock = Callable[[], datetime]

log = logging.getLogger(__name__)


class _InTheLedger(applying.Ledger):
    """In the centre's row, before the operation begins; what an earlier run left half done is found too."""

    def __init__(self, row: TenantMigration) -> None:
        self._row = row
        last = (
            TenantMigration.objects.filter(tenant_id=row.tenant_id).exclude(step="").order_by("-pk").first()
        )
        self._begun = last.step if last else ""

    def begun(self) -> str:
        return self._begun

    def note(self, step: str) -> None:
        self._begun = step
        TenantMigration.objects.filter(tenant_id=self._row.tenant_id).exclude(pk=self._row.pk).exclude(
            step=""
        ).update(step="")
        TenantMigration.objects.filter(pk=self._row.pk).update(step=step)


def work(run: MigrationRun, *, canaries: bool, clock: Clock) -> int:
    """Until nothing waits any more in this phase; how many centres were brought up."""
    tenant_connections.keep_at_most(2)
    holder, done = f"{socket.gethostname()[:40]}:{os.getpid()}", 0
    while True:
        row = _take(run, holder, canaries=canaries, at=clock())
        if row is not None:
            done += migrate(row, clock=clock)
            tenant_connections.close_for(row.tenant_id)
        elif run.centres.filter(state=State.WAITING, is_canary=canaries).exists():
            time.sleep(LOOK_AGAIN_SECONDS)
        else:
            return done


def _take(run: MigrationRun, holder: str, *, canaries: bool, at: datetime) -> TenantMigration | None:
    waiting = run.centres.filter(state=State.WAITING, is_canary=canaries, not_before__lte=at)
    for row in waiting.order_by("not_before", "pk")[:5]:
        with tenancy.control(), tenancy.atomic():
            Placement.objects.select_for_update().filter(pk=row.tenant_id).first()
            if why := planning.why_later(row.tenant_id):
                waiting.filter(pk=row.pk).update(state=State.LATER, error=why, finished_at=at)
                continue
            taken = waiting.filter(pk=row.pk).update(
                state=State.RUNNING, holder=holder, started_at=at, attempts=row.attempts + 1, error=""
            )
        if taken:
            row.refresh_from_db()
            return row
    return None


def migrate(row: TenantMigration, *, clock: Clock) -> bool:
    """Whether it is up to date now; if not, its row says why, and whether it is tried again."""
    placement = Placement.objects.select_related("store").filter(pk=row.tenant_id).first()
    if placement is None:
        _end(row, State.LATER, "there is no such centre any more", at=clock())
        return False
    try:
        applied = applying.bring_up(placement.route(), _InTheLedger(row))
        if row.is_canary:
            _look_at_every_table(placement.route())
    except Exception as wrong:  # whatever it is, the others get theirs
        tenant_connections.close_for(row.tenant_id)
        _give_way_or_fail(row, wrong, at=clock())
        return False
    _finish(row, placement, applied, at=clock())
    return True


def _look_at_every_table(route: tenancy.Route) -> None:
    """A canary has to be readable by the code that will serve it."""
    with tenancy.activate(route):
        for model in rows.tables():
            model._base_manager.order_by(model._meta.pk.attname).first()


def _finish(row: TenantMigration, placement: Placement, applied: list[str], *, at: datetime) -> None:
    with tenancy.control(), tenancy.atomic():
        Placement.objects.filter(pk=placement.pk).update(schema=namespaces.tenant_schema())
        TenantMigration.objects.filter(pk=row.pk).update(
            state=State.DONE, applied=applied, step="", finished_at=at, error=""
        )
    directory.forget(placement.slug)


def _give_way_or_fail(row: TenantMigration, wrong: Exception, *, at: datetime) -> None:
    if _passes(wrong) and row.attempts < MOST_ATTEMPTS:
        wait = min(FIRST_WAIT * 2 ** min(row.attempts - 1, 10), LONGEST_WAIT)
        TenantMigration.objects.filter(pk=row.pk).update(
            state=State.WAITING, holder="", not_before=at + wait, error=_said(wrong)
        )
        return
    log.error("the migration of %s failed: %s", row.slug, _said(wrong), exc_info=wrong)
    _end(row, State.FAILED, _said(wrong), at=at)


def _passes(wrong: Exception) -> bool:
    """Others held what it needs, or its store is away: it is tried again."""
    return (
        isinstance(wrong, servers.StoreUnavailable | StaleEpoch | applying.BusyElsewhere)
        or servers.has_waited_too_long(wrong)
        or servers.is_deadlock(wrong)
        or servers.is_read_only(wrong)
    )


def _end(row: TenantMigration, state: str, why: str, *, at: datetime) -> None:
    TenantMigration.objects.filter(pk=row.pk).update(state=state, error=why, finished_at=at)


def _said(wrong: Exception) -> str:
    return f"{type(wrong).__name__}: {wrong}"[:300]
