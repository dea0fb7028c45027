"""Taking time: one row per (resource, tick, lane), unique in the database. Called inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError
from django.db.models import F

from reservo.agenda.models import Appointment, Claim, Hold

Resource = tuple[int, int]
FIRST_LANE = 0


class TimeTaken(RuntimeError):
    """Somebody has this time; `held_until` is set if it is only held for a form."""

    def __init__(self, held_until: datetime | None = None):
        super().__init__("held" if held_until else "taken")
        self.held_until = held_until


class OverbookingFull(RuntimeError):
    """The practitioner has as many visits at once as allowed."""


@dataclass(frozen=True, slots=True)
class Span:
    """Ticks [first, end) of some resources."""

    resources: tuple[Resource, ...]
    first: int
    end: int


def resources_of(practitioner_id: int | None, room_id: int | None) -> tuple[Resource, ...]:
    found = []
    if practitioner_id:
        found.append((int(Claim.Resource.PRACTITIONER), practitioner_id))
    if room_id:
        found.append((int(Claim.Resource.ROOM), room_id))
    return tuple(found)


def take(
    span: Span,
    *,
    appointment: Appointment | None = None,
    hold: Hold | None = None,
    lanes: dict[Resource, int],
    at: datetime,
) -> bool:
    """Claim the span in the lowest free lanes; whether any lane above the first was needed.

    `lanes` is the highest lane each resource may use (absent: the first only). Raises TimeTaken, OverbookingFull.
    """
    drop_expired_holds(at=at)
    rows = [
        Claim(resource=kind, resource_id=pk, tick=tick, lane=lane, appointment=appointment, hold=hold)
        for kind, pk in span.resources
        for tick, lane in _lowest_free(span, (kind, pk), lanes.get((kind, pk), FIRST_LANE), at)
    ]
    try:
        Claim.objects.bulk_create(rows, batch_size=150)
    except IntegrityError as taken:
        raise TimeTaken from taken
    return any(row.lane > FIRST_LANE for row in rows)


def _lowest_free(span: Span, resource: Resource, highest: int, at: datetime) -> list[tuple[int, int]]:
    used: dict[int, set[int]] = {}
    held: list[datetime] = []
    rows = Claim.objects.filter(
        resource=resource[0], resource_id=resource[1], tick__gte=span.first, tick__lt=span.end
    )
    for tick, lane, expires_at in rows.values_list("tick", "lane", "hold__expires_at"):
        used.setdefault(tick, set()).add(lane)
        if expires_at:
            held.append(expires_at)
    if held:
        raise TimeTaken(held_until=max(held))
    picked = [(tick, _first_gap(used.get(tick, ()))) for tick in range(span.first, span.end)]
    worst = max((lane for _, lane in picked), default=FIRST_LANE)
    if worst > highest:
        raise TimeTaken if highest == FIRST_LANE else OverbookingFull
    return picked


def _first_gap(used: Iterable[int]) -> int:
    lane = FIRST_LANE
    while lane in used:
        lane += 1
    return lane


def release(appointment: Appointment) -> None:
    """Free the visit's time; what lay in lanes above moves down in the same transaction."""
    freed = list(
        Claim.objects.filter(appointment=appointment).values_list("resource", "resource_id", "tick", "lane")
    )
    Claim.objects.filter(appointment=appointment).delete()
    moved = _move_down(freed)
    if moved:
        _mark_overbooked(moved)


def _move_down(freed: list[tuple[int, int, int, int]]) -> set[int]:
    if not freed:
        return set()
    ticks = [tick for _, _, tick, _ in freed]
    above = Claim.objects.filter(tick__gte=min(ticks), tick__lte=max(ticks), lane__gt=FIRST_LANE)
    by_place: dict[tuple[int, int, int], list[tuple[int, int, int | None]]] = {}
    for pk, kind, owner, tick, lane, appointment_id in above.order_by("lane").values_list(
        "pk", "resource", "resource_id", "tick", "lane", "appointment_id"
    ):
        by_place.setdefault((kind, owner, tick), []).append((pk, lane, appointment_id))
    moved: set[int] = set()
    for kind, owner, tick, freed_lane in freed:
        for pk, lane, appointment_id in by_place.get((kind, owner, tick), ()):
            if lane > freed_lane:
                Claim.objects.filter(pk=pk).update(lane=F("lane") - 1)
                moved.add(appointment_id or 0)
    return moved


def _mark_overbooked(appointment_ids: set[int]) -> None:
    above = set(
        Claim.objects.filter(appointment_id__in=appointment_ids, lane__gt=FIRST_LANE).values_list(
            "appointment_id", flat=True
        )
    )
    settled = appointment_ids - above
    Appointment.objects.filter(pk__in=settled, is_overbooked=True).update(is_overbooked=False)


def pass_on(hold: Hold, appointment: Appointment) -> None:
    """The hold's time becomes the visit's."""
    Claim.objects.filter(hold=hold).update(hold=None, appointment=appointment)
    hold.delete()


def drop_expired_holds(*, at: datetime) -> None:
    expired = list(Hold.objects.filter(expires_at__lte=at).values_list("pk", flat=True)[:500])
    if expired:
        Claim.objects.filter(hold_id__in=expired).delete()
        Hold.objects.filter(pk__in=expired).delete()
