"""Taking time: one row per (resource, tick, lane), unique in the database. Called inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.db.models import F

from reservo.agenda.models import Appointment, Claim, Hold
from reservo.agenda.transitions import FREES_TIME
from reservo.core import ticks

Resource = tuple[int, int]
FIRST_LANE = 0
KEPT = timedelta(days=2)
_PLACE = ("resource", "resource_id", "tick", "lane")


class TimeTaken(RuntimeError):
    """Somebody has this time; `held_until` is set if it is only held for a form.

    `by_id` is the visit that has it, `is_room` whether it has the room; `wanted` is the refused visit's own period:
    without its buffers. Each where it is known.
    """

    def __init__(
        self, held_until: datetime | None = None, *, by_id: int | None = None, is_room: bool = False
    ):
        super().__init__("held" if held_until else "taken")
        self.held_until, self.by_id, self.is_room = held_until, by_id, is_room
        self.wanted: tuple[datetime, datetime] | None = None


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


def put(appointment: Appointment, span: Span, *, lanes: dict[Resource, int], at: datetime) -> bool:
    """Give the visit exactly this span; whether any of it lies in a lane above the first.

    What it has already and keeps stays in its lane; what it leaves is freed as by `release`; the rest takes the
    lowest free lanes. `lanes` is the highest lane each resource may use (absent: the first only).
    Raises TimeTaken, OverbookingFull.
    """
    drop_expired_holds(at=at)
    wanted = {(kind, pk, tick) for kind, pk in span.resources for tick in range(span.first, span.end)}
    own = {
        (kind, pk, tick): lane
        for kind, pk, tick, lane in Claim.objects.filter(appointment=appointment).values_list(*_PLACE)
    }
    _free(appointment, [(*place, lane) for place, lane in own.items() if place not in wanted])
    new = _take(span, wanted - own.keys(), lanes, appointment=appointment)
    kept = [lane for place, lane in own.items() if place in wanted]
    return any(lane > FIRST_LANE for lane in [*kept, *new]) | _past_taken(appointment, span, lanes, at=at)


def take_for(hold: Hold, span: Span, *, at: datetime) -> None:
    """Hold the span, in the first lane. Raises TimeTaken."""
    drop_expired_holds(at=at)
    places = {(kind, pk, tick) for kind, pk in span.resources for tick in range(span.first, span.end)}
    _take(span, places, {}, hold=hold)


def _take(
    span: Span,
    places: set[tuple[int, int, int]],
    lanes: dict[Resource, int],
    *,
    appointment: Appointment | None = None,
    hold: Hold | None = None,
) -> list[int]:
    """The lanes taken."""
    rows = []
    for kind, pk in span.resources:
        ticks_ = sorted(tick for one, other, tick in places if (one, other) == (kind, pk))
        for tick, lane in _lowest_free((kind, pk), ticks_, lanes.get((kind, pk), FIRST_LANE)):
            rows.append(
                Claim(resource=kind, resource_id=pk, tick=tick, lane=lane, appointment=appointment, hold=hold)
            )
    try:
        Claim.objects.bulk_create(rows, batch_size=150)
    except IntegrityError as taken:
        raise TimeTaken from taken
    return [row.lane for row in rows]


def _lowest_free(resource: Resource, places: list[int], highest: int) -> list[tuple[int, int]]:
    if not places:
        return []
    used: dict[int, dict[int, int | None]] = {}
    held: list[datetime] = []
    rows = Claim.objects.filter(
        resource=resource[0], resource_id=resource[1], tick__gte=places[0], tick__lte=places[-1]
    )
    columns = ("tick", "lane", "appointment_id", "hold__expires_at")
    for tick, lane, appointment_id, expires_at in rows.values_list(*columns):
        used.setdefault(tick, {})[lane] = appointment_id
        if expires_at and tick in places:
            held.append(expires_at)
    if held:
        raise TimeTaken(held_until=max(held))
    picked = [(tick, _first_gap(used.get(tick, ()))) for tick in places]
    tick, worst = max(picked, key=lambda place: place[1])
    is_room = resource[0] == Claim.Resource.ROOM
    _check_lane(worst, highest, TimeTaken(by_id=used.get(tick, {}).get(FIRST_LANE), is_room=is_room))
    return picked


def _check_lane(worst: int, highest: int, taken: TimeTaken) -> None:
    if worst > highest:
        raise taken if highest == FIRST_LANE else OverbookingFull


def _past_taken(appointment: Appointment, span: Span, lanes: dict[Resource, int], *, at: datetime) -> bool:
    """Long past claims are pruned: there the visits themselves are asked. Raises TimeTaken, OverbookingFull."""
    if span.first >= oldest_kept(at):
        return False
    columns = {int(Claim.Resource.PRACTITIONER): "practitioner_id", int(Claim.Resource.ROOM): "room_id"}
    found = False
    for kind, pk in span.resources:
        others = Appointment.objects.filter(
            **{columns[kind]: pk}, first_tick__lt=span.end, end_tick__gt=span.first
        ).exclude(state__in=FREES_TIME)
        runs = list(others.exclude(pk=appointment.pk).values_list("first_tick", "end_tick"))
        most = max(
            (sum(low <= tick < high for low, high in runs) for tick in range(span.first, span.end)), default=0
        )
        _check_lane(most, lanes.get((kind, pk), FIRST_LANE), TimeTaken())
        found = found or bool(runs)
    return found


def taken_rooms(room_ids: list[int], appointment: Appointment, *, at: datetime) -> set[int]:
    """Those of the rooms that somebody else has at any tick of the visit."""
    theirs = Claim.objects.filter(
        resource=Claim.Resource.ROOM,
        resource_id__in=room_ids,
        tick__gte=appointment.first_tick,
        tick__lt=appointment.end_tick,
    ).exclude(hold__expires_at__lte=at)
    return set(theirs.exclude(appointment_id=appointment.pk or 0).values_list("resource_id", flat=True))


def oldest_kept(at: datetime) -> int:
    """Claims of earlier ticks may be pruned."""
    return ticks.tick_floor(at - KEPT)


def _first_gap(used: Iterable[int]) -> int:
    lane = FIRST_LANE
    while lane in used:
        lane += 1
    return lane


def release(appointment: Appointment) -> None:
    """Free the visit's time; what lay in lanes above moves down in the same transaction."""
    _free(appointment, list(Claim.objects.filter(appointment=appointment).values_list(*_PLACE)))


def _free(appointment: Appointment, freed: list[tuple[int, int, int, int]]) -> None:
    if not freed:
        return
    ticks_ = {tick for _, _, tick, _ in freed}
    for kind, pk in {(kind, pk) for kind, pk, _, _ in freed}:
        Claim.objects.filter(appointment=appointment, resource=kind, resource_id=pk, tick__in=ticks_).delete()
    moved = _move_down(freed)
    if moved:
        _mark_overbooked(moved)


def _move_down(freed: list[tuple[int, int, int, int]]) -> set[int]:
    places = [tick for _, _, tick, _ in freed]
    above = Claim.objects.filter(tick__gte=min(places), tick__lte=max(places), lane__gt=FIRST_LANE)
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
