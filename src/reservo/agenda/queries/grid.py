"""What the grid shows between two local dates: visits, blocks, holds, closed hours. Queries are few and constant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from reservo.agenda import payment_letter
from reservo.agenda.models import Appointment, AppointmentService, Block, Hold
from reservo.agenda.transitions import FREES_TIME
from reservo.catalog import hours as catalog_hours
from reservo.catalog.models import Branch, Practitioner, Room
from reservo.catalog.queries import photo_address
from reservo.core import localdays, ticks, zones

COLUMNS = (
    *("id", "number", "state", "starts_at", "ends_at", "practitioner_id", "room_id", "comment", "origin"),
    *("is_overbooked", "is_first_visit", "is_outside_rules", "version", "contact_name"),
    *("patient_id", "patient__given_name", "patient__paternal_surname", "patient__maternal_surname"),
)


NOBODY = -1
GREY = "#64748b"


@dataclass(frozen=True, slots=True)
class Range:
    """A branch, local dates (both included), and whose visits (None: everybody's)."""

    branch: Branch
    first: date
    last: date
    practitioner_id: int | None = None
    with_freed: bool = False

    def bounds(self) -> tuple[datetime, datetime]:
        first, _ = zones.day_bounds(self.first, self.branch.zone)
        return first, zones.day_bounds(self.last, self.branch.zone)[1]


def visits(shown: Range) -> list[dict[str, Any]]:
    """Plain values for the grid; times are wall clock of the branch. Two queries."""
    start, end = shown.bounds()
    found = Appointment.objects.filter(branch=shown.branch, starts_at__gte=start, starts_at__lt=end)
    found = found.exclude(state__in={Appointment.State.DELETED} if shown.with_freed else FREES_TIME)
    if shown.practitioner_id is not None:
        found = found.filter(practitioner_id=shown.practitioner_id)
    rows = list(found.order_by("starts_at", "id").values_list(*COLUMNS))
    given = _services(shown, start, end)
    where = zones.zone(shown.branch.zone)
    return [_visit(row, given, where) for row in rows]


def _services(shown: Range, start: datetime, end: datetime) -> dict[int, list[tuple[str, int]]]:
    rows = AppointmentService.objects.filter(
        appointment__branch=shown.branch, appointment__starts_at__gte=start, appointment__starts_at__lt=end
    )
    given: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for appointment_id, name, price in rows.values_list("appointment_id", "name", "price_minor"):
        given[appointment_id].append((name, price))
    return given


def _visit(row: tuple, given: dict[int, list[tuple[str, int]]], where: Any) -> dict[str, Any]:
    values = dict(zip(COLUMNS, row, strict=True))
    services = given.get(values["id"], [])
    # As long on paper as it lasts: on the night the clocks go back it would else end before it begins.
    start = values["starts_at"].astimezone(where).replace(tzinfo=None)
    name = " ".join(
        part
        for part in (
            values["patient__given_name"],
            values["patient__paternal_surname"],
            values["patient__maternal_surname"],
        )
        if part
    )
    return {
        "id": values["id"],
        "number": values["number"],
        "state": values["state"],
        "start": start.isoformat(),
        "end": (start + (values["ends_at"] - values["starts_at"])).isoformat(),
        "practitioner": values["practitioner_id"],
        "room": values["room_id"],
        "patient": name or values["contact_name"],
        "service": " + ".join(name for name, _ in services),
        "letter": payment_letter.letter(price_minor=sum(price for _, price in services)),
        "over": values["is_overbooked"],
        "first": values["is_first_visit"],
        "note": bool(values["comment"]),
        "online": values["origin"] != Appointment.Origin.STAFF,
        "version": values["version"],
    }


def wall(instant: datetime, where: Any) -> str:
    """`2026-12-01T09:30:00` by the branch's clock: the grid is drawn by it, whatever the browser's zone."""
    return instant.astimezone(where).replace(tzinfo=None).isoformat()


def blocks(shown: Range) -> list[dict[str, Any]]:
    start, end = shown.bounds()
    found = Block.objects.filter(
        removed_at=None, end_tick__gt=ticks.tick_floor(start), first_tick__lt=ticks.tick_ceil(end)
    )
    found = _of_practitioner(found.filter(Q(branch=shown.branch) | Q(branch=None)), shown)
    where = zones.zone(shown.branch.zone)
    return [
        {
            "id": block.pk,
            "title": block.title,
            "start": wall(max(block.starts_at, start), where),
            "end": wall(min(block.ends_at, end), where),
            "practitioner": block.practitioner_id,
            "room": block.room_id,
        }
        for block in found.order_by("starts_at")[:1000]
    ]


def _of_practitioner(found: QuerySet, shown: Range) -> QuerySet:
    """Those of the practitioner who is shown, and those of nobody in particular; all if all are shown."""
    if shown.practitioner_id is None:
        return found
    return found.filter(Q(practitioner_id=shown.practitioner_id) | Q(practitioner=None))


def holds(shown: Range, *, at: datetime) -> list[dict[str, Any]]:
    start, end = shown.bounds()
    found = Hold.objects.filter(
        branch=shown.branch, starts_at__gte=start, starts_at__lt=end, expires_at__gt=at
    )
    where = zones.zone(shown.branch.zone)
    return [
        {
            "id": hold.pk,
            "start": wall(hold.starts_at, where),
            "end": wall(hold.ends_at, where),
            "practitioner": hold.practitioner_id,
            "room": hold.room_id,
            "until": wall(hold.expires_at, where)[11:16],
        }
        for hold in _of_practitioner(found, shown)[:500]
    ]


def closed(shown: Range, practitioner_ids: list[int], room_ids: list[int]) -> dict[str, list[dict[str, Any]]]:
    """Runs of wall-clock time in which a practitioner does not work here, or a room is not open."""
    hours = catalog_hours.load(shown.branch, practitioner_ids, shown.first, shown.last)
    return {
        "closed": [
            {"practitioner": practitioner_id, **run}
            for practitioner_id in practitioner_ids
            for run in _closed_runs(shown, hours.working.get(practitioner_id, []))
        ],
        "closed_rooms": [
            {"room": room_id, **run}
            for room_id in room_ids
            if (windows := hours.rooms.get(room_id, hours.branch)) is not None
            for run in _closed_runs(shown, windows)
        ],
    }


def _closed_runs(shown: Range, windows: list[tuple[int, ...]]) -> Iterator[dict[str, str]]:
    where = zones.zone(shown.branch.zone)
    for day in localdays.days_between(shown.first, shown.last):
        first, end = localdays.day_ticks(day, shown.branch.zone)
        for low, high in _gaps(windows, first, end):
            yield {"start": wall(ticks.instant_of(low), where), "end": wall(ticks.instant_of(high), where)}


def _gaps(windows: list[tuple[int, ...]], first: int, end: int) -> list[tuple[int, int]]:
    gaps, at = [], first
    for low, high, *_ in windows:
        if high <= first or low >= end:
            continue
        if low > at:
            gaps.append((at, low))
        at = max(at, high)
    return [*gaps, (at, end)] if at < end else gaps


def others(shown: Range, practitioner_ids: list[int], room_ids: list[int]) -> dict[str, list[dict[str, Any]]]:
    """Whoever else has visits then: those no longer in use, and NOBODY for visits without a practitioner."""
    start, end = shown.bounds()
    found = Appointment.objects.filter(branch=shown.branch, starts_at__gte=start, starts_at__lt=end)
    found = found.exclude(state__in=FREES_TIME)
    places = found.order_by().values_list("practitioner_id", "room_id").distinct()
    people, rooms = (set(ids) for ids in zip(*places, strict=True)) if places else (set(), set())
    people, rooms = people - set(practitioner_ids), rooms - set(room_ids) - {None}
    return {
        "others": [
            *(
                {"id": one.pk, "name": one.name, "colour": one.colour, "photo": photo_address(one.photo)}
                for one in Practitioner.objects.filter(pk__in=people - {None})
            ),
            *([{"id": NOBODY, "name": gettext("Sin profesional"), "colour": GREY}] if None in people else []),
        ],
        "other_rooms": [
            {"id": pk, "name": name, "colour": GREY}
            for pk, name in Room.objects.filter(pk__in=rooms).values_list("pk", "name")
        ],
    }


def day_loads(branch: Branch, first: date, last: date, practitioner_id: int | None) -> dict[date, int]:
    """Live visits of each local date."""
    start, _ = zones.day_bounds(first, branch.zone)
    end = zones.day_bounds(last, branch.zone)[1]
    found = Appointment.objects.filter(branch=branch, starts_at__gte=start, starts_at__lt=end)
    if practitioner_id is not None:
        found = found.filter(practitioner_id=practitioner_id)
    counts: dict[date, int] = defaultdict(int)
    for day in found.exclude(state__in=FREES_TIME).values_list("local_date", flat=True):
        counts[day] += 1
    return counts


def week_of(day: date) -> tuple[date, date]:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)
