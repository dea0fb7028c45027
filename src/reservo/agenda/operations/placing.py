"""Putting a visit at a time: what the rules say against it, and taking the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from reservo.agenda import busy as busy_times
from reservo.agenda import claims
from reservo.agenda.claims import Span
from reservo.agenda.models import Appointment, Claim
from reservo.catalog import hours as catalog_hours
from reservo.catalog.models import Branch, Practitioner, Room
from reservo.core import localdays, ticks, zones

MOST_LANES_OF_ROOM = 50
LONGEST_MINUTES = 12 * 60
FURTHEST = timedelta(days=5 * 366)


class BadTime(ValueError):
    """The time cannot be meant: off the five minutes, repeated by the clocks, too long, years away."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


class OutsideRules(RuntimeError):
    """The time breaks the centre's own rules; `reasons` are codes. Staff with the right may go on.

    `also` is what is refused beside: that somebody else has the time.
    """

    def __init__(self, reasons: list[str]):
        super().__init__(", ".join(reasons))
        self.reasons = reasons
        self.also: claims.TimeTaken | claims.OverbookingFull | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """What the caller allows beyond the rules, by right and after being warned."""

    overbook: bool = False
    outside_rules: bool = False


NO_LEAVE = Leave()


class UnknownObject(LookupError):
    """A branch, practitioner, room, service or patient of the request does not exist or is not active."""

    def __init__(self, kind: str):
        super().__init__(kind)
        self.kind = kind


def check_time(starts_at: datetime, duration_minutes: int, zone: str, *, at: datetime) -> None:
    """Raises BadTime."""
    try:
        ticks.tick_of(starts_at)
    except ticks.OffTick:
        raise BadTime("off_step") from None
    if duration_minutes % ticks.TICK_MINUTES or not ticks.TICK_MINUTES <= duration_minutes <= LONGEST_MINUTES:
        raise BadTime("bad_duration")
    if zones.is_second_fold(starts_at, zone):
        raise BadTime("second_fold")
    if abs(starts_at - at) > FURTHEST:
        raise BadTime("too_far")


def set_time(appointment: Appointment, starts_at: datetime, duration_minutes: int) -> None:
    """The visit's period, its wall clock and the ticks it takes."""
    appointment.starts_at = starts_at
    appointment.ends_at = starts_at + timedelta(minutes=duration_minutes)
    appointment.local_date, appointment.local_minute = localdays.wall_of(starts_at, appointment.zone)
    before = timedelta(minutes=appointment.buffer_before_minutes)
    after = timedelta(minutes=appointment.buffer_after_minutes)
    appointment.first_tick = ticks.tick_floor(starts_at - before)
    appointment.end_tick = ticks.tick_ceil(appointment.ends_at + after)


def take_time(appointment: Appointment, *, overbook: bool, at: datetime) -> None:
    """Claim the visit's ticks and note whether it lies above another. Raises TimeTaken, OverbookingFull."""
    lanes = highest_lanes(appointment) if overbook else {}
    try:
        appointment.is_overbooked = claims.put(appointment, span_of(appointment), lanes=lanes, at=at)
    except claims.TimeTaken as taken:
        taken.wanted = (appointment.starts_at, appointment.ends_at)
        raise


def span_of(appointment: Appointment) -> Span:
    resources = claims.resources_of(appointment.practitioner_id, appointment.room_id)
    return Span(resources, appointment.first_tick, appointment.end_tick)


def highest_lanes(appointment: Appointment) -> dict[tuple[int, int], int]:
    lanes: dict[tuple[int, int], int] = {}
    if appointment.practitioner_id:
        most = Practitioner.objects.values_list("most_overbooked", flat=True).get(
            pk=appointment.practitioner_id
        )
        lanes[Claim.Resource.PRACTITIONER, appointment.practitioner_id] = most
    if appointment.room_id:
        lanes[Claim.Resource.ROOM, appointment.room_id] = MOST_LANES_OF_ROOM
    return lanes


def broken_rules(appointment: Appointment, branch: Branch, *, at: datetime) -> list[str]:
    """Codes of what the centre's hours and blocks say against this time; empty if nothing."""
    reasons = ["past"] if appointment.starts_at < at else []
    date = appointment.local_date
    who = [appointment.practitioner_id] if appointment.practitioner_id else []
    hours = catalog_hours.load(branch, who, date, zones.local_date(appointment.ends_at, branch.zone))
    first, end = ticks.tick_floor(appointment.starts_at), ticks.tick_ceil(appointment.ends_at)
    if date in hours.closed:
        reasons.append("holiday")
    elif hours.branch is not None and not _inside(hours.branch, first, end):
        reasons.append("branch_closed")
    windows = [(low, high) for low, high, _ in hours.working.get(appointment.practitioner_id or 0, [])]
    if who and not _inside(windows, first, end):
        reasons.append("not_working")
    room_hours = hours.rooms.get(appointment.room_id or 0)
    if room_hours is not None and not _inside(room_hours, first, end):
        reasons.append("room_closed")
    if _blocked(appointment, at=at):
        reasons.append("blocked")
    return reasons


def _inside(runs: list[tuple[int, int]], first: int, end: int) -> bool:
    return any(low <= first and end <= high for low, high in _joined(runs))


def _joined(runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for low, high in sorted(runs):
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined


def _blocked(appointment: Appointment, *, at: datetime) -> bool:
    first, end = appointment.first_tick, appointment.end_tick
    busy = busy_times.load(appointment.branch_id, [], [], first, end, at=at)
    return bool(
        busy.everybody
        or busy.blocked_practitioners.get(appointment.practitioner_id or 0)
        or busy.blocked_rooms.get(appointment.room_id or 0)
    )


def room_for(
    appointment: Appointment, kinds: set[int], *, prefer: int | None = None, at: datetime
) -> int | None:
    """The room for a visit that names none: the preferred, its practitioner's, or another free one of these kinds.

    None if none is needed; if none is free, the preferred one, taken as it is.
    """
    named = _named_room(appointment)
    fitting = Room.objects.filter(branch_id=appointment.branch_id, is_active=True, kind_id__in=kinds)
    ids = list(fitting.order_by("position", "id").values_list("pk", flat=True))
    if named and (not kinds or named in ids):
        ids.insert(0, named)
    if prefer:
        ids.insert(0, prefer)
    if not ids:
        return None
    first, end = appointment.first_tick, appointment.end_tick
    date = appointment.local_date
    hours = catalog_hours.load(
        appointment.branch, [], date, zones.local_date(appointment.ends_at, appointment.zone)
    )
    blocked = busy_times.load(appointment.branch_id, [], [], first, end, at=at).blocked_rooms
    taken = claims.taken_rooms(ids, appointment, at=at)
    for room_id in ids:
        runs = hours.rooms.get(room_id)
        is_open = runs is None or _inside(
            runs, ticks.tick_floor(appointment.starts_at), ticks.tick_ceil(appointment.ends_at)
        )
        if is_open and room_id not in taken and not blocked.get(room_id):
            return room_id
    return prefer


def _named_room(appointment: Appointment) -> int | None:
    """The room of the working window in which the visit lies."""
    who, date = appointment.practitioner_id, appointment.local_date
    if not who:
        return None
    first, end = ticks.tick_floor(appointment.starts_at), ticks.tick_ceil(appointment.ends_at)
    windows = catalog_hours.load(appointment.branch, [who], date, date).working.get(who, [])
    return next((room for low, high, room in windows if room and low <= first and end <= high), None)


def branch_named(branch_id: int) -> Branch:
    """Raises UnknownObject."""
    found = Branch.objects.filter(pk=branch_id, is_active=True).first()
    if found is None:
        raise UnknownObject("branch")
    return found


def check_resources(branch_id: int, practitioner_id: int | None, room_id: int | None) -> None:
    """Raises UnknownObject if the practitioner or room is not active, or the room is elsewhere."""
    if practitioner_id and not Practitioner.objects.filter(pk=practitioner_id, is_active=True).exists():
        raise UnknownObject("practitioner")
    if room_id and not Room.objects.filter(pk=room_id, branch_id=branch_id, is_active=True).exists():
        raise UnknownObject("room")
