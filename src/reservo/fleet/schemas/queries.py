"""What the operator sees of versions and migrations: for the command and for the console.

Plain reads of the control plane, no centre is touched: `behind()`, `versions()`, `runs(limit)`, `progress(run)`,
`outcomes(run, state)`. All of them give frozen values and stay as they are for whoever builds a screen on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from reservo.fleet.models import MigrationRun, TenantMigration
from reservo.fleet.schemas import known, planning
from reservo.tenancy import namespaces
from reservo.tenancy.models import Placement

MOST_SHOWN = 200
State = TenantMigration.State


@dataclass(frozen=True, slots=True)
class Behind:
    """A centre that is not of this release's version; `why_later` if a move or restore holds it up."""

    tenant_id: int
    slug: str
    store: str
    schema: str
    why_later: str


@dataclass(frozen=True, slots=True)
class Version:
    """How many centres have it; `lacking`: migrations that are ahead of it, None if nobody remembers it."""

    schema: str
    centres: int
    is_this_release: bool
    is_newer: bool
    lacking: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Progress:
    """A run in numbers; `state` as in `MigrationRun.State`."""

    run_id: int
    state: str
    to_schema: str
    processes: int
    started_at: datetime
    finished_at: datetime | None
    total: int
    waiting: int
    running: int
    done: int
    failed: int
    later: int

    @property
    def is_open(self) -> bool:
        return self.finished_at is None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One centre in a run."""

    tenant_id: int
    slug: str
    state: str
    is_canary: bool
    attempts: int
    applied: tuple[str, ...]
    error: str
    started_at: datetime | None
    finished_at: datetime | None


def behind(limit: int = MOST_SHOWN) -> list[Behind]:
    found = planning.behind()[:limit]
    return [Behind(one.pk, one.slug, one.store.name, one.schema, planning.why_later(one.pk)) for one in found]


def count_behind() -> int:
    return planning.behind().count()


def versions() -> list[Version]:
    """Those that centres have, the most frequent first."""
    newer = known.newer()
    found = Placement.objects.values_list("schema").annotate(count=Count("pk")).order_by("-count", "schema")
    return [
        Version(schema, count, schema == namespaces.tenant_schema(), schema in newer, _lacking(schema))
        for schema, count in found
    ]


def _lacking(schema: str) -> tuple[str, ...] | None:
    found = known.lacking(schema)
    return None if found is None else tuple(found)


def runs(limit: int = 20) -> list[Progress]:
    """The newest first."""
    return [progress(run) for run in MigrationRun.objects.order_by("-pk")[:limit]]


def progress(run: MigrationRun) -> Progress:
    counts = dict(run.centres.values_list("state").annotate(Count("pk")))
    return Progress(
        run_id=run.pk,
        state=run.state,
        to_schema=run.to_schema,
        processes=run.processes,
        started_at=run.started_at,
        finished_at=run.finished_at,
        total=sum(counts.values()),
        **{str(state): counts.get(state, 0) for state in State.values},
    )


def outcomes(run: MigrationRun, state: str = State.FAILED, limit: int = MOST_SHOWN) -> list[Outcome]:
    """Centres of a run that stand at this state."""
    return [
        Outcome(
            row.tenant_id,
            row.slug,
            row.state,
            row.is_canary,
            row.attempts,
            tuple(row.applied),
            row.error,
            row.started_at,
            row.finished_at,
        )
        for row in run.centres.filter(state=state).order_by("pk")[:limit]
    ]
