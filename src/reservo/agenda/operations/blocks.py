"""Blocks: time that is not offered, once or repeated. They never hide a visit: those in the way are listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from reservo import outbox, tenancy
from reservo.agenda.events import AgendaTimeChanged
from reservo.agenda.models import Appointment, Block
from reservo.agenda.models.blocks import new_series
from reservo.agenda.operations import placing
from reservo.agenda.operations.undoing import UNDO_WITHIN, CannotUndo
from reservo.agenda.transitions import FREES_TIME
from reservo.audit.operations import record
from reservo.core import ticks, zones
from reservo.core.actor import Actor

LONGEST_MINUTES = 366 * 24 * 60
MOST_REPEATED = 200


class BlockTooLong(ValueError):
    """Longer than a year, without length, or repeated more than 200 times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocking:
    """What is blocked: a practitioner, a room, a branch, or (none of them) the whole centre; by the wall clock."""

    title: str
    day: date
    minute: int
    duration_minutes: int
    zone: str
    practitioner_id: int | None = None
    room_id: int | None = None
    branch_id: int | None = None


def block(what: Blocking, *, by: Actor, at: datetime) -> Block:
    """Raises BlockTooLong, UnknownObject."""
    return block_repeated(what, [what.day], by=by, at=at)[0]


def block_repeated(what: Blocking, days: list[date], *, by: Actor, at: datetime) -> list[Block]:
    """The same wall-clock time on each day. Raises BlockTooLong, UnknownObject."""
    if not 0 < what.duration_minutes <= LONGEST_MINUTES or not 0 < len(days) <= MOST_REPEATED:
        raise BlockTooLong(what.duration_minutes)
    if what.branch_id:
        placing.branch_named(what.branch_id)
        placing.check_resources(what.branch_id, what.practitioner_id, what.room_id)
    elif what.practitioner_id:
        placing.check_resources(0, what.practitioner_id, None)
    series = new_series() if len(days) > 1 else None
    rows = [_row(what, day, series, by, at) for day in days]
    with tenancy.atomic():
        for row in rows:
            row.save(force_insert=True)
        record("block.created", "block", rows[0].pk, by=by, at=at, details={"count": len(rows)})
        _announce(rows, at)
    return rows


def _row(what: Blocking, day: date, series: object, by: Actor, at: datetime) -> Block:
    starts_at = zones.at_minute(day, what.minute, what.zone)
    end_wall = datetime.combine(day, datetime.min.time()) + timedelta(
        minutes=what.minute + what.duration_minutes
    )
    ends_at = zones.resolve(end_wall, what.zone).instant
    return Block(
        practitioner_id=what.practitioner_id,
        room_id=what.room_id,
        branch_id=what.branch_id,
        title=what.title,
        local_date=day,
        local_minute=what.minute,
        zone=what.zone,
        starts_at=starts_at,
        ends_at=max(ends_at, starts_at + timedelta(minutes=ticks.TICK_MINUTES)),
        first_tick=ticks.tick_floor(starts_at),
        end_tick=ticks.tick_ceil(ends_at),
        series=series,
        created_at=at,
        created_by=by.name[:80],
    )


def unblock(block_id: int, *, whole_series: bool = False, by: Actor, at: datetime) -> int:
    """Take away a block, or every block of its repetition; how many. Raises DoesNotExist."""
    with tenancy.atomic():
        standing = Block.objects.filter(removed_at=None)
        found = standing.get(pk=block_id)
        rows = list(standing.filter(series=found.series)) if whole_series and found.series else [found]
        _mark(rows, removed_at=at, removed_by_id=by.id)
        record("block.removed", "block", block_id, by=by, at=at, details={"count": len(rows)})
        _announce(rows, at)
    return len(rows)


def put_back(block_id: int, *, by: Actor, at: datetime) -> Block:
    """One's own removal undone, with all that went in it. Raises CannotUndo, DoesNotExist."""
    with tenancy.atomic():
        found = Block.objects.get(pk=block_id)
        if found.removed_at is None or found.removed_by_id != by.id or at - found.removed_at > UNDO_WITHIN:
            raise CannotUndo(block_id)
        rows = [found]
        if found.series:
            rows = list(Block.objects.filter(series=found.series, removed_at=found.removed_at))
        _mark(rows, removed_at=None, removed_by_id=None)
        record("block.restored", "block", block_id, by=by, at=at, details={"count": len(rows)})
        _announce(rows, at)
    return found


def _mark(rows: list[Block], **removal: object) -> None:
    Block.objects.filter(pk__in=[row.pk for row in rows]).update(**removal)


def in_the_way(blocks: list[Block]) -> QuerySet[Appointment]:
    """Live visits that these blocks lie over."""
    meets = Q(pk__in=[])
    for row in blocks:
        one = Q(first_tick__lt=row.end_tick, end_tick__gt=row.first_tick)
        if row.practitioner_id:
            one &= Q(practitioner_id=row.practitioner_id)
        if row.room_id:
            one &= Q(room_id=row.room_id)
        if row.branch_id:
            one &= Q(branch_id=row.branch_id)
        meets |= one
    found = Appointment.objects.filter(meets).exclude(state__in=FREES_TIME)
    return found.select_related("patient", "practitioner").order_by("starts_at")


def _announce(rows: list[Block], at: datetime) -> None:
    first, last = rows[0], rows[-1]
    end = zones.local_date(last.ends_at, last.zone)
    outbox.announce(AgendaTimeChanged(first.branch_id, first.local_date.isoformat(), end.isoformat()), at=at)
