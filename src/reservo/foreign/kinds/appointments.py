"""Appointments with their time, their services and their line in the trail.

Those to come claim their time like any other, above one another where the practitioner may be overbooked; those that
are over claim nothing, as here. Nothing is announced, so no mail follows; reminders read the rows themselves.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from reservo import tenancy
from reservo.agenda import claims, trail
from reservo.agenda.models import Appointment, AppointmentChange, AppointmentService, Claim
from reservo.agenda.operations import placing
from reservo.agenda.transitions import FREES_TIME
from reservo.catalog.models import Service
from reservo.core import ticks
from reservo.foreign import values
from reservo.foreign.batches import Batch, Counts, World
from reservo.foreign.kinds.catalog import USUAL_MINUTES, price_minor
from reservo.foreign.mapping import Table
from reservo.foreign.reading import Reading, Rejected
from reservo.tenancy import counters

EARLIEST_YEAR = 1980
MOST_COMMENT = 2_000
State = Appointment.State
Draft = tuple[Reading, Appointment, Service | None]


def bring(batch: Batch) -> None:
    drafts: list[Draft] = []
    for reading in batch.readings:
        try:
            drafts.append(_draft(reading, batch.world))
        except Rejected as why:
            batch.reject(reading, why)
    numbers = Counts(lambda: counters.take("appointment"), Appointment).given([one for one, _, _ in drafts])
    for place, (_, appointment, _) in enumerate(drafts):
        appointment.number = numbers[place]
    over = [draft for draft in drafts if not _claims_time(draft[1], batch.world)]
    Appointment.objects.bulk_create([appointment for _, appointment, _ in over])
    _write_what_belongs(batch, over + _with_their_time(batch, drafts))


def _claims_time(appointment: Appointment, world: World) -> bool:
    still_kept = appointment.first_tick >= claims.oldest_kept(world.at)
    return still_kept and appointment.state not in FREES_TIME


def _with_their_time(batch: Batch, drafts: list[Draft]) -> list[Draft]:
    kept = []
    for draft in drafts:
        reading, appointment, _ = draft
        if not _claims_time(appointment, batch.world):
            continue
        try:
            with tenancy.atomic():
                _claim(appointment, batch.world)
        except (claims.TimeTaken, claims.OverbookingFull):
            batch.reject(reading, Rejected("overlap", "starts_at", appointment.starts_at.isoformat()))
        else:
            kept.append(draft)
    return kept


def _claim(appointment: Appointment, world: World) -> None:
    lanes: dict[claims.Resource, int] = {}
    if appointment.practitioner_id:
        most = world.lanes[appointment.practitioner_id]
        lanes[int(Claim.Resource.PRACTITIONER), appointment.practitioner_id] = most
    if appointment.room_id:
        lanes[int(Claim.Resource.ROOM), appointment.room_id] = placing.MOST_LANES_OF_ROOM
    appointment.save(force_insert=True)
    span = placing.span_of(appointment)
    if claims.put(appointment, span, lanes=lanes, at=world.at):
        appointment.is_overbooked = True
        appointment.save(update_fields=["is_overbooked"])


def _write_what_belongs(batch: Batch, drafts: list[Draft]) -> None:
    world = batch.world
    given = [_service_of(*draft, world) for draft in drafts if draft[2] is not None]
    AppointmentService.objects.bulk_create(given)
    lines = [
        trail.line(
            appointment,
            "imported",
            {},
            trail.snapshot_with(appointment, [service.pk] if service else []),
            by=world.by,
            at=world.at,
        )
        for _, appointment, service in drafts
    ]
    AppointmentChange.objects.bulk_create(lines)
    for reading, appointment, _ in drafts:
        length = Decimal(int((appointment.ends_at - appointment.starts_at).total_seconds()))
        batch.bring(reading, appointment, length if length_columns(reading.table) else Decimal())


def _service_of(
    reading: Reading, appointment: Appointment, service: Service | None, world: World
) -> AppointmentService:
    assert service is not None  # nosec B101: the caller leaves out those without
    price = price_minor(reading, world) if reading.has("price") else service.price_minor
    return AppointmentService(
        appointment=appointment,
        service=service,
        name=service.name,
        duration_minutes=appointment.duration_minutes,
        price_minor=price,
    )


def _draft(reading: Reading, world: World) -> Draft:
    branch_id = reading.needed_reference("branch")
    service_id = reading.reference("service")
    service = world.services[service_id] if service_id else None
    made = reading.created_at(world.zones[branch_id], at=world.at)
    appointment = Appointment(
        branch_id=branch_id,
        zone=world.zones[branch_id],
        patient_id=reading.reference("patient"),
        practitioner_id=reading.reference("practitioner"),
        room_id=_room(reading, branch_id, world),
        state=_state(reading),
        comment=reading.text("comment", MOST_COMMENT, lines=True),
        language=world.centre.language,
        buffer_before_minutes=service.buffer_before_minutes if service else 0,
        buffer_after_minutes=service.buffer_after_minutes if service else 0,
        created_at=made,
        booked_at=made,
        created_by=world.by.name,
    )
    starts_at, minutes = _period(reading, appointment.zone, service, world)
    placing.set_time(appointment, starts_at, minutes)
    return reading, appointment, service


def _room(reading: Reading, branch_id: int, world: World) -> int | None:
    room_id = reading.reference("room")
    if room_id and world.branch_of_room[room_id] != branch_id:
        reading.note("room_elsewhere", "room", reading.raw("room"))
        return None
    return room_id


def _state(reading: Reading) -> str:
    if reading.deleted_becomes():
        return State.DELETED
    state = str(reading.raw("state"))
    if state not in State.values:
        raise Rejected("not_a_state", "state", state)
    return state


def _period(reading: Reading, zone: str, service: Service | None, world: World) -> tuple[datetime, int]:
    """Start and minutes, on the five minutes that all times here stand on."""
    starts_at = reading.instant("starts_at", zone)
    if starts_at is None:
        raise Rejected("no_date", "starts_at", reading.raw("starts_at") or "")
    if starts_at.year < EARLIEST_YEAR or starts_at > world.at + placing.FURTHEST:
        raise Rejected("out_of_range", "starts_at", starts_at.isoformat())
    ends_at = _end(reading, starts_at, zone, service)
    if ends_at <= starts_at:
        raise Rejected("ends_before_it_begins", "ends_at", ends_at.isoformat())
    first, end = ticks.tick_floor(starts_at), ticks.tick_ceil(ends_at)
    if ticks.instant_of(first) != starts_at or ticks.instant_of(end) != ends_at:
        reading.note("five_minutes", "starts_at", f"{starts_at.isoformat()} to {ends_at.isoformat()}")
    minutes = (end - first) * ticks.TICK_MINUTES
    if minutes > placing.LONGEST_MINUTES:
        raise Rejected("too_long", "ends_at", f"{minutes} min")
    return ticks.instant_of(first), minutes


def _end(reading: Reading, starts_at: datetime, zone: str, service: Service | None) -> datetime:
    if reading.has("ends_at") and (found := reading.instant("ends_at", zone)):
        return found
    usual = service.duration_minutes if service else USUAL_MINUTES
    minutes = reading.whole("duration", usual, least=-10_000, most=10_000)
    if reading.has("ends_at") or not reading.has("duration"):
        reading.note("no_end", "ends_at", f"{minutes} min")
    return starts_at + timedelta(minutes=minutes)


def length_columns(table: Table) -> tuple[str, ...]:
    """The foreign columns that say how long visits are: one of minutes, or start and end; none if neither is given."""
    fields = table.fields
    for names in (("starts_at", "ends_at"), ("duration",)):
        given = [fields[name] for name in names if name in fields]
        if len(given) == len(names) and all(one.column and one.values is None for one in given):
            return tuple(one.column for one in given)
    return ()


def foreign_length(reading: Reading) -> Decimal:
    """Seconds that the row adds to the foreign sum."""
    columns = length_columns(reading.table)
    if len(columns) == 2:
        return Decimal(values.seconds_between(*(reading.cells[name] for name in columns)))
    found = reading.cells[columns[0]] if columns else None
    try:
        return Decimal() if found is None else Decimal(str(found)) * 60
    except ArithmeticError:
        return Decimal()
