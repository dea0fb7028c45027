"""What is taken between two ticks: visits, holds and blocks, in one query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connections

from reservo.agenda.transitions import FREES_TIME
from reservo.tenancy.context import TENANT_ALIAS

Run = tuple[int, int]
LONGEST_VISIT_TICKS = (720 + 480) // 5 + 1

_FREES = ", ".join(f"'{state}'" for state in sorted(FREES_TIME))
_APPOINTMENTS = f"""
    SELECT {{kind}}, {{column}}, first_tick, end_tick FROM agenda_appointment
    WHERE {{column}} IN ({{ids}}) AND first_tick > %s AND first_tick < %s AND end_tick > %s
      AND state NOT IN ({_FREES}) AND id <> %s
"""  # noqa: S608  # nosec B608: only names and numbers of our own are put in
_HOLDS = """
    SELECT {kind}, {column}, first_tick, end_tick FROM agenda_hold
    WHERE {column} IN ({ids}) AND expires_at > %s AND first_tick < %s AND end_tick > %s
"""
_BLOCKS = """
    SELECT CASE WHEN practitioner_id IS NOT NULL THEN 3 WHEN room_id IS NOT NULL THEN 4 ELSE 5 END,
           COALESCE(practitioner_id, room_id, branch_id), first_tick, end_tick
    FROM agenda_block WHERE end_tick > %s AND first_tick < %s AND removed_at IS NULL
      AND (branch_id = %s OR branch_id IS NULL)
"""


@dataclass(slots=True)
class Busy:
    """Runs of ticks by practitioner and by room; `everybody` of the branch."""

    practitioners: dict[int, list[Run]] = field(default_factory=lambda: defaultdict(list))
    rooms: dict[int, list[Run]] = field(default_factory=lambda: defaultdict(list))
    blocked_practitioners: dict[int, list[Run]] = field(default_factory=lambda: defaultdict(list))
    blocked_rooms: dict[int, list[Run]] = field(default_factory=lambda: defaultdict(list))
    everybody: list[Run] = field(default_factory=list)


def load(
    branch_id: int,
    practitioner_ids: Sequence[int],
    room_ids: Sequence[int],
    first: int,
    end: int,
    *,
    without: int = 0,
    at: datetime,
) -> Busy:
    """Everything taken that meets [first, end), but for one visit that may be moved."""
    connection = connections[TENANT_ALIAS]
    instant = connection.ops.adapt_datetimefield_value(at)
    parts: list[str] = []
    params: list[object] = []
    for kind, column, ids in ((1, "practitioner_id", practitioner_ids), (2, "room_id", room_ids)):
        if ids:
            names = {"kind": kind, "column": column, "ids": ", ".join(str(int(pk)) for pk in ids)}
            parts += [_APPOINTMENTS.format(**names), _HOLDS.format(**names)]
            params += [first - LONGEST_VISIT_TICKS, end, first, without, instant, end, first]
    parts.append(_BLOCKS)
    params += [first, end, branch_id]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        return _sorted_out(cursor.fetchall())


def _sorted_out(rows: list[tuple[int, int | None, int, int]]) -> Busy:
    busy = Busy()
    places = {1: busy.practitioners, 2: busy.rooms, 3: busy.blocked_practitioners, 4: busy.blocked_rooms}
    for kind, owner, first, end in rows:
        if kind == 5:
            busy.everybody.append((first, end))
        else:
            places[kind][owner or 0].append((first, end))
    return busy
