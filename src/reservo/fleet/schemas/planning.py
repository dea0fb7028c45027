"""Which centres are behind, in which order they are migrated, and which have to wait."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import zip_longest

from django.db.models import QuerySet

from reservo import tenancy
from reservo.fleet.models import MigrationRun, Move, Restore, TenantMigration
from reservo.fleet.schemas import known
from reservo.tenancy import namespaces
from reservo.tenancy.models import Placement
from reservo.tenants.models import Tenant

ROWS_AT_ONCE = 1_000
CANARIES = 2
RUNS_KEPT = 20
State = TenantMigration.State


class UnknownCentre(LookupError):
    """A canary that is no centre."""


def behind() -> QuerySet[Placement]:
    """Centres whose recorded version is neither this release's nor a newer one's; unknown ones too."""
    complete = Placement.objects.filter(pk__in=Tenant.objects.values("pk"))
    well = {namespaces.tenant_schema(), *known.newer()}
    return complete.exclude(schema__in=well).select_related("store").order_by("pk")


def is_behind(tenant_id: int) -> bool:
    return behind().filter(pk=tenant_id).exists()


def open_run(*, canaries: Iterable[str], count: int, processes: int, at: datetime) -> MigrationRun:
    """The one that was stopped in the middle, if it was for this release; else a new one. Raises UnknownCentre.

    The caller alone may: it holds the lease.
    """
    version = known.note(at=at)
    for run in MigrationRun.objects.filter(state__in=(MigrationRun.State.CANARIES, MigrationRun.State.REST)):
        if run.to_schema == version:
            return _resumed(run, processes)
        MigrationRun.objects.filter(pk=run.pk).update(state=MigrationRun.State.REPLACED, finished_at=at)
    _forget_old_runs()
    waiting = list(behind())
    first = _canaries(waiting, list(canaries), count)
    with tenancy.control(), tenancy.atomic():
        run = MigrationRun.objects.create(to_schema=version, processes=processes, started_at=at)
        _add(run, waiting, first, at=at)
    return run


def _forget_old_runs() -> None:
    """But for those that say what a kill left half done."""
    kept = set(MigrationRun.objects.order_by("-pk").values_list("pk", flat=True)[:RUNS_KEPT])
    told = TenantMigration.objects.exclude(step="").values("run_id")
    MigrationRun.objects.exclude(pk__in=kept).exclude(pk__in=told).delete()


def _resumed(run: MigrationRun, processes: int) -> MigrationRun:
    """Whoever held a centre is gone: the lease says so."""
    run.processes = processes
    run.save(update_fields=["processes"])
    run.centres.filter(state=State.RUNNING).update(state=State.WAITING, holder="")
    return run


def add_newcomers(run: MigrationRun, *, at: datetime) -> int:
    """Centres that came behind while the run went on, such as those that a node of the older release made."""
    fresh = list(behind().exclude(pk__in=run.centres.values("tenant_id")))
    _add(run, fresh, set(), at=at)
    return len(fresh)


def _add(run: MigrationRun, placements: list[Placement], first: set[int], *, at: datetime) -> None:
    rows = [
        TenantMigration(
            run=run,
            tenant_id=placement.pk,
            slug=placement.slug,
            from_schema=placement.schema,
            is_canary=placement.pk in first,
            not_before=at,
        )
        for placement in placements
    ]
    TenantMigration.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE)


def _canaries(waiting: list[Placement], named: list[str], count: int) -> set[int]:
    """Those that were named and are behind; else some from each store in turn."""
    if named:
        known_slugs = set(Placement.objects.filter(slug__in=named).values_list("slug", flat=True))
        if unknown := sorted(set(named) - known_slugs):
            raise UnknownCentre(", ".join(unknown))
        return {placement.pk for placement in waiting if placement.slug in named}
    by_store: dict[int, list[int]] = {}
    for placement in waiting:
        by_store.setdefault(placement.store_id, []).append(placement.pk)
    in_turn = [pk for turn in zip_longest(*by_store.values()) for pk in turn if pk is not None]
    return set(in_turn[:count])


def why_later(tenant_id: int) -> str:
    """What a migration of this centre has to wait for; empty if for nothing."""
    if Move.objects.filter(open_for=tenant_id).exists():
        return "it is being moved"
    if Restore.objects.filter(open_for=tenant_id).exists():
        return "it is being restored"
    return ""


def is_under_way(tenant_id: int) -> bool:
    """Whether a process is migrating this centre now; moves and restores wait for it."""
    states = (MigrationRun.State.CANARIES, MigrationRun.State.REST)
    return TenantMigration.objects.filter(
        tenant_id=tenant_id, state=State.RUNNING, run__state__in=states
    ).exists()
