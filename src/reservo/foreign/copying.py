"""Bringing the rows of a customer, kind by kind, page by page.

A page's rows, their references, what was found wrong and the checkpoint are one transaction of the centre: whatever is
killed, the next run goes on after the last page that is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from reservo import tenancy
from reservo.audit.models import Action
from reservo.core import trace
from reservo.foreign.batches import Batch, World
from reservo.foreign.kinds import appointments, catalog, patients
from reservo.foreign.mapping import KINDS, Mapping, Table
from reservo.foreign.models import Checkpoint, Finding, Reference
from reservo.foreign.reading import Reading, References, Rejected, pointed_to
from reservo.foreign.source import Cells, Source

Progress = Callable[[str, int], None]
IDS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Kind:
    """How the rows of one kind are brought, what each adds to the foreign sum, and the word of the trail."""

    bring: Callable[[Batch], None]
    foreign_amount: Callable[[Reading], Decimal]
    trail: str


def _nothing(reading: Reading) -> Decimal:
    return Decimal()


HOW: dict[str, Kind] = {
    "branches": Kind(catalog.bring_branches, _nothing, "branch"),
    "rooms": Kind(catalog.bring_rooms, _nothing, "room"),
    "practitioners": Kind(catalog.bring_practitioners, _nothing, "practitioner"),
    "services": Kind(catalog.bring_services, catalog.foreign_price, "service"),
    "patients": Kind(patients.bring, _nothing, "patient"),
    "appointments": Kind(appointments.bring, appointments.foreign_length, ""),
}


def bring_all(mapping: Mapping, customer: str, source: Source, world: World, progress: Progress) -> None:
    """Into the active centre, from wherever the last run stopped. Raises SourceGone."""
    for kind in KINDS:
        if kind in mapping.tables:
            _bring_kind(mapping, mapping.tables[kind], customer, source, world, progress)


def _bring_kind(
    mapping: Mapping, table: Table, customer: str, source: Source, world: World, progress: Progress
) -> None:
    point, _ = Checkpoint.objects.get_or_create(kind=table.kind)
    while not point.is_over:
        rows = source.page(table, customer, point.after)
        if rows:
            after = _as_json(rows[-1][table.key])
        else:
            rows, after, point.is_over = source.without_key(table, customer), point.after, True
        with tenancy.atomic():
            _bring_page(mapping, table, rows, world, point)
            point.after = after
            point.save()
        progress(table.kind, point.read)


def _as_json(key: object) -> int | str:
    return key if isinstance(key, int) else str(key)


def _bring_page(mapping: Mapping, table: Table, rows: list[Cells], world: World, point: Checkpoint) -> None:
    how = HOW[table.kind]
    references = _known(pointed_to(table, rows))
    readings = [Reading(table, mapping, cells, references) for cells in rows]
    batch = Batch(world, [], how.foreign_amount)
    batch.readings = _worth_reading(batch, readings)
    how.bring(batch)
    Reference.objects.bulk_create(
        Reference(kind=table.kind, foreign_id=key, object_id=ours) for key, ours in batch.brought.items()
    )
    Finding.objects.bulk_create(batch.findings, batch_size=500)
    _write_trail(how, batch, world)
    point.read += len(rows)
    point.brought += len(batch.brought)
    point.rejected += batch.rejected
    point.left_out += batch.left_out


def _worth_reading(batch: Batch, readings: list[Reading]) -> list[Reading]:
    """Without those that have no id, or one that a row before them had, or that are left out as deleted."""
    kept, seen = [], set()
    for reading in readings:
        try:
            key = reading.key
            if key in seen:
                raise Rejected("same_id")
        except Rejected as why:
            batch.reject(reading, why)
            continue
        seen.add(key)
        if reading.deleted_becomes() == "skip":
            batch.leave_out(reading)
        else:
            kept.append(reading)
    return kept


def _known(wanted: set[tuple[str, str]]) -> References:
    found: References = {}
    for kind in {kind for kind, _ in wanted}:
        ids = sorted(foreign_id for one, foreign_id in wanted if one == kind)
        for start in range(0, len(ids), IDS_AT_ONCE):
            rows = Reference.objects.filter(kind=kind, foreign_id__in=ids[start : start + IDS_AT_ONCE])
            found |= {(kind, there): here for there, here in rows.values_list("foreign_id", "object_id")}
    return found


def _write_trail(how: Kind, batch: Batch, world: World) -> None:
    """A line for each file; visits have theirs beside them."""
    if how.trail:
        Action.objects.bulk_create(
            Action(
                at=world.at,
                actor=world.by.kind,
                actor_name=world.by.name,
                channel=world.by.channel,
                action=f"{how.trail}.imported",
                object_kind=how.trail,
                object_id=str(ours),
                details={"foreign_id": there},
                trace=trace.current(),
            )
            for there, ours in batch.brought.items()
        )
