"""What has to be done to a namespace, worked out once for all those that stand at the same point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

Applied = frozenset[tuple[str, str]]
MOST_KEPT = 8


@dataclass(frozen=True, slots=True)
class Act:
    """One operation, with the models as they are before and after it."""

    operation: Operation
    before: ProjectState
    after: ProjectState


@dataclass(frozen=True, slots=True)
class Step:
    """One migration."""

    migration: Migration
    acts: tuple[Act, ...]

    @property
    def name(self) -> str:
        return f"{self.migration.app_label}.{self.migration.name}"


_kept: dict[Applied, tuple[Step, ...]] = {}


def applied_to(connection: Any) -> Applied:
    return frozenset(MigrationRecorder(connection).applied_migrations())


def ahead_of(connection: Any) -> tuple[Step, ...]:
    """Of the namespace behind this connection. The models of each point are built once: that is what takes long."""
    applied = applied_to(connection)
    if applied not in _kept:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[applied] = _work_out(MigrationLoader(connection), applied)
    return _kept[applied]


def _work_out(loader: MigrationLoader, applied: Applied) -> tuple[Step, ...]:
    loader.check_consistent_history(loader.connection)
    plan = [loader.graph.nodes[key] for key in _in_order(loader)]
    waiting = [migration for migration in plan if not _has(loader, migration)]
    if not waiting:
        return ()
    state = ProjectState(real_apps=loader.unmigrated_apps)
    for migration in plan:
        if migration not in waiting:
            migration.mutate_state(state, preserve=False)
    state.apps  # noqa: B018  built here, later states are changed copies of it
    return tuple(Step(migration, tuple(_acts(migration, state))) for migration in waiting)


def _in_order(loader: MigrationLoader) -> list[tuple[str, str]]:
    seen: dict[tuple[str, str], None] = {}
    for leaf in sorted(loader.graph.leaf_nodes()):
        for key in loader.graph.forwards_plan(leaf):
            seen.setdefault(key)
    return list(seen)


def _has(loader: MigrationLoader, migration: Migration) -> bool:
    return (migration.app_label, migration.name) in loader.applied_migrations


def _acts(migration: Migration, state: ProjectState) -> list[Act]:
    """Moves `state` on."""
    found = []
    before = state.clone()
    for operation in migration.operations:
        operation.state_forwards(migration.app_label, state)
        after = state.clone()
        found.append(Act(operation, before, after))
        before = after
    return found
