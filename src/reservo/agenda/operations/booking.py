"""Making an appointment: the same door for staff, page and interface."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from reservo import outbox, tenancy
from reservo.agenda import claims, trail
from reservo.agenda.events import AppointmentBooked
from reservo.agenda.limits import count_one
from reservo.agenda.models import Appointment, AppointmentService
from reservo.agenda.operations import online, placing
from reservo.agenda.operations.holding import HoldOver, hold_of
from reservo.agenda.operations.placing import Leave, OutsideRules, UnknownObject
from reservo.agenda.transitions import FREES_TIME
from reservo.catalog.models import Branch, Service, ServicePrice
from reservo.core.actor import Actor, system
from reservo.patients.models import Patient
from reservo.tenancy import counters


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """What is asked for. Online it must be an offered time; staff may overbook or leave the rules by right."""

    branch_id: int
    service_ids: tuple[int, ...] = ()
    practitioner_id: int | None = None
    room_id: int | None = None
    starts_at: datetime
    duration_minutes: int | None = None
    patient_id: int | None = None
    comment: str = ""
    origin: str = "staff"
    language: str = "es"
    contact_email: str = ""
    contact_name: str = ""
    rules: Literal["online", "staff"] = "staff"
    step_minutes: int = 15
    earliest: datetime | None = None
    latest: datetime | None = None
    hold_token: str = ""
    overbook: bool = False
    outside_rules: bool = False
    state: str = Appointment.State.NOT_CONFIRMED


def book(request: Booking, *, by: Actor, at: datetime) -> Appointment:
    """The appointment, with the next number, its time claimed and its trail begun.

    Raises TimeTaken, OutsideRules, NotOffered, OverbookingFull, UnknownObject, BadTime, HoldOver, TooMany.
    """
    with tenancy.atomic():
        branch = placing.branch_named(request.branch_id)
        services = _services(request)
        appointment = _draft(request, branch, services, at=at, by=by)
        placing.check_time(appointment.starts_at, appointment.duration_minutes, branch.zone, at=at)
        count_one(at=at)
        if request.rules == "online":
            _place_online(appointment, request, services[0], at=at)
        else:
            _place_by_staff(appointment, request, branch, services, at=at)
        write_services(appointment, services, branch)
        trail.write(appointment, "created", {}, by=by, at=at)
        outbox.announce(AppointmentBooked(appointment.pk, request.origin, by.is_patient), at=at)
    return appointment


def glance(request: Booking, *, at: datetime) -> None:
    """Refuse an online time that is not free, without the writers' lock: of many who want one, all but one end here.

    Raises TimeTaken, NotOffered, UnknownObject, BadTime; `book` asks again inside its transaction.
    """
    branch = placing.branch_named(request.branch_id)
    services = _services(request)
    appointment = _draft(replace(request, patient_id=None), branch, services, at=at, by=system())
    placing.check_time(appointment.starts_at, appointment.duration_minutes, branch.zone, at=at)
    appointment.practitioner_id = None
    online.place(appointment, request, services[0], at=at)


def _services(request: Booking) -> list[Service]:
    found = {
        service.pk: service for service in Service.objects.filter(pk__in=request.service_ids, is_active=True)
    }
    if len(found) != len(set(request.service_ids)) or (request.rules == "online" and not found):
        raise UnknownObject("service")
    return [found[pk] for pk in request.service_ids]


def _draft(
    request: Booking, branch: Branch, services: list[Service], *, at: datetime, by: Actor
) -> Appointment:
    if request.patient_id and not Patient.objects.filter(pk=request.patient_id).exists():
        raise UnknownObject("patient")
    appointment = Appointment(
        branch=branch,
        zone=branch.zone,
        patient_id=request.patient_id,
        practitioner_id=request.practitioner_id,
        room_id=request.room_id,
        state=request.state,
        origin=request.origin,
        comment=request.comment,
        language=request.language,
        contact_email=request.contact_email,
        contact_name=request.contact_name,
        created_at=at,
        booked_at=at,
        created_by=by.name[:80],
        is_first_visit=_is_first_visit(request.patient_id),
    )
    set_buffers(appointment, services)
    duration = request.duration_minutes or sum(service.duration_minutes for service in services) or 30
    placing.set_time(appointment, request.starts_at, duration)
    return appointment


def set_buffers(appointment: Appointment, services: list[Service]) -> bool:
    """The first service's buffer before, the last one's after; whether that changed anything."""
    was = appointment.buffer_before_minutes, appointment.buffer_after_minutes
    appointment.buffer_before_minutes = services[0].buffer_before_minutes if services else 0
    appointment.buffer_after_minutes = services[-1].buffer_after_minutes if services else 0
    return was != (appointment.buffer_before_minutes, appointment.buffer_after_minutes)


def _is_first_visit(patient_id: int | None) -> bool:
    if not patient_id:
        return False
    return not Appointment.objects.filter(patient_id=patient_id).exclude(state__in=FREES_TIME).exists()


def _save(appointment: Appointment) -> None:
    appointment.number = counters.take("appointment")
    appointment.save(force_insert=True)


def _place_by_staff(
    appointment: Appointment, request: Booking, branch: Branch, services: list[Service], *, at: datetime
) -> None:
    placing.check_resources(branch.pk, request.practitioner_id, request.room_id)
    if request.state in FREES_TIME:
        _save(appointment)
        return
    leave = Leave(request.overbook, request.outside_rules)
    put_in_place(appointment, {service.room_kind_id for service in services}, leave, at=at)
    if appointment.is_overbooked:
        appointment.save(update_fields=["is_overbooked"])


def put_in_place(
    appointment: Appointment,
    kinds: set[int | None],
    leave: Leave,
    *,
    prefer: int | None = None,
    at: datetime,
) -> None:
    """Find the visit's room if it names none, and claim its time; all that is in its way is said at once.

    Raises OutsideRules, TimeTaken, OverbookingFull: then the caller's transaction has to be taken back.
    """
    reasons = _fit(appointment, kinds, prefer=prefer, at=at)
    broken = OutsideRules(reasons) if reasons and not leave.outside_rules else None
    if appointment.pk is None:
        _save(appointment)
    try:
        placing.take_time(appointment, overbook=leave.overbook, at=at)
    except (claims.TimeTaken, claims.OverbookingFull) as taken:
        if broken is None:
            raise
        broken.also = taken
    if broken:
        raise broken


def _fit(appointment: Appointment, kinds: set[int | None], *, prefer: int | None, at: datetime) -> list[str]:
    """The room, and what the rules say against the place."""
    needed = {kind for kind in kinds if kind}
    if appointment.room_id is None:
        appointment.room_id = placing.room_for(appointment, needed, prefer=prefer, at=at)
    reasons = placing.broken_rules(appointment, appointment.branch, at=at)
    if needed and appointment.room_id is None:
        reasons.append("no_room")
    appointment.is_outside_rules = bool(reasons)
    return reasons


def _place_online(appointment: Appointment, request: Booking, service: Service, *, at: datetime) -> None:
    if request.hold_token:
        _take_over_hold(appointment, request, at=at)
        return
    appointment.practitioner_id = None
    online.place(appointment, request, service, at=at)
    _save(appointment)
    placing.take_time(appointment, overbook=False, at=at)


def _take_over_hold(appointment: Appointment, request: Booking, *, at: datetime) -> None:
    held = hold_of(request.hold_token, at=at)
    same = (
        held is not None
        and held.starts_at == request.starts_at
        and held.service_id == request.service_ids[0]
        and held.branch_id == request.branch_id
        and request.practitioner_id in (None, held.practitioner_id)
    )
    if held is None or not same:
        raise HoldOver
    appointment.practitioner_id = held.practitioner_id
    appointment.room_id = held.room_id
    _save(appointment)
    claims.pass_on(held, appointment)


def write_services(appointment: Appointment, services: list[Service], branch: Branch) -> None:
    prices = dict(
        ServicePrice.objects.filter(branch=branch, service__in=services).values_list(
            "service_id", "price_minor"
        )
    )
    AppointmentService.objects.bulk_create(
        AppointmentService(
            appointment=appointment,
            service=service,
            name=service.name,
            duration_minutes=service.duration_minutes,
            price_minor=prices.get(service.pk, service.price_minor),
            position=position,
        )
        for position, service in enumerate(services)
    )
