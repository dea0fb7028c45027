"""Making an appointment: the same door for staff, page and interface."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from reservo import outbox, tenancy
from reservo.agenda import availability, claims, trail
from reservo.agenda.availability import Question
from reservo.agenda.claims import TimeTaken
from reservo.agenda.events import AppointmentBooked
from reservo.agenda.limits import count_one
from reservo.agenda.models import Appointment, AppointmentService, Hold
from reservo.agenda.operations import placing
from reservo.agenda.operations.holding import HoldOver, hold_of
from reservo.agenda.operations.placing import OutsideRules, UnknownObject
from reservo.agenda.transitions import FREES_TIME
from reservo.catalog.models import Branch, Room, Service, ServicePractitioner, ServicePrice
from reservo.core import localdays, ticks
from reservo.core.actor import Actor
from reservo.patients.models import Patient
from reservo.tenancy import counters


class NotOffered(RuntimeError):
    """This time is not one that is offered online, taken or not."""


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
            _place_online(appointment, request, branch, services[0], at=at)
        else:
            _place_by_staff(appointment, request, branch, services, at=at)
        _write_services(appointment, services, branch)
        trail.write(appointment, "created", {}, by=by, at=at)
        outbox.announce(AppointmentBooked(appointment.pk, request.origin, by.is_patient), at=at)
    return appointment


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
        buffer_before_minutes=services[0].buffer_before_minutes if services else 0,
        buffer_after_minutes=services[-1].buffer_after_minutes if services else 0,
        created_at=at,
        booked_at=at,
        created_by=by.name[:80],
        is_first_visit=_is_first_visit(request.patient_id),
    )
    duration = request.duration_minutes or sum(service.duration_minutes for service in services) or 30
    placing.set_time(appointment, request.starts_at, duration)
    return appointment


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
    if request.state not in FREES_TIME:
        if appointment.room_id is None:
            appointment.room_id = _room_for(appointment, services, at=at)
        reasons = placing.broken_rules(appointment, branch, at=at)
        if reasons and not request.outside_rules:
            raise OutsideRules(reasons)
        appointment.is_outside_rules = bool(reasons)
    _save(appointment)
    if request.state not in FREES_TIME:
        placing.take_time(appointment, overbook=request.overbook, at=at)
        if appointment.is_overbooked:
            appointment.save(update_fields=["is_overbooked"])


def _room_for(appointment: Appointment, services: list[Service], *, at: datetime) -> int | None:
    """A free room of the kind that the services need; none needed or none free: none."""
    kinds = {service.room_kind_id for service in services if service.room_kind_id}
    if not kinds:
        return None
    rooms = Room.objects.filter(branch_id=appointment.branch_id, is_active=True, kind_id__in=kinds)
    return _first_free(
        list(rooms.order_by("position", "id").values_list("pk", flat=True)), appointment, at=at
    )


def _first_free(room_ids: list[int], appointment: Appointment, *, at: datetime) -> int | None:
    from reservo.agenda import busy

    first, end = appointment.first_tick, appointment.end_tick
    taken = busy.load(appointment.branch_id, [], room_ids, first, end, at=at)
    for room_id in room_ids:
        if not taken.rooms.get(room_id) and not taken.blocked_rooms.get(room_id):
            return room_id
    return None


def _place_online(
    appointment: Appointment, request: Booking, branch: Branch, service: Service, *, at: datetime
) -> None:
    if request.hold_token:
        _take_over_hold(appointment, request, at=at)
        return
    question = online_question(request, branch, service, appointment.local_date, at=at)
    tick = ticks.tick_of(request.starts_at)
    candidates = availability.offered(question, at=at).practitioners_at(tick)
    if not candidates:
        taken = availability.would_be_offered(question, at=at).practitioners_at(tick)
        raise TimeTaken(_held_until(request, at)) if taken else NotOffered
    appointment.practitioner_id = _least_busy(candidates, appointment)
    appointment.room_id = room_of_window(appointment, service, at=at)
    _save(appointment)
    placing.take_time(appointment, overbook=False, at=at)


def online_question(
    request: Booking, branch: Branch, service: Service, day: date, *, at: datetime
) -> Question:
    gives = ServicePractitioner.objects.filter(
        service=service, practitioner__is_active=True, practitioner__is_online=True, service__is_online=True
    )
    if request.practitioner_id:
        gives = gives.filter(practitioner_id=request.practitioner_id)
    ids = tuple(
        gives.order_by("practitioner__position", "practitioner_id").values_list("practitioner_id", flat=True)
    )
    if not ids:
        raise UnknownObject("practitioner" if request.practitioner_id else "service")
    return Question(
        branch=branch,
        service=service,
        practitioner_ids=ids,
        first=day,
        last=day,
        step_minutes=request.step_minutes,
        earliest=request.earliest or at,
        latest=request.latest,
    )


def _held_until(request: Booking, at: datetime) -> datetime | None:
    held = Hold.objects.filter(branch_id=request.branch_id, starts_at=request.starts_at, expires_at__gt=at)
    return held.order_by("-expires_at").values_list("expires_at", flat=True).first()


def _least_busy(candidates: list[int], appointment: Appointment) -> int:
    """Of those who are free at the time, the one with the fewest visits that day; ties by their order."""
    if len(candidates) == 1:
        return candidates[0]
    first, end = localdays.day_ticks(appointment.local_date, appointment.zone)
    counts = dict.fromkeys(candidates, 0)
    rows = Appointment.objects.filter(
        practitioner_id__in=candidates, first_tick__gte=first, first_tick__lt=end
    )
    for pk in rows.exclude(state__in=FREES_TIME).values_list("practitioner_id", flat=True):
        counts[pk] += 1
    return min(candidates, key=lambda pk: counts[pk])


def room_of_window(appointment: Appointment, service: Service, *, at: datetime) -> int | None:
    """The room that the practitioner's working window names at that time, else a free one of the needed kind."""
    from reservo.catalog import hours

    branch = appointment.branch
    loaded = hours.load(
        branch, [appointment.practitioner_id or 0], appointment.local_date, appointment.local_date
    )
    start, end = ticks.tick_floor(appointment.starts_at), ticks.tick_ceil(appointment.ends_at)
    for low, high, room_id in loaded.working.get(appointment.practitioner_id or 0, []):
        if room_id and low <= start and end <= high and _first_free([room_id], appointment, at=at):
            return room_id
    room_id = _room_for(appointment, [service], at=at)
    if service.room_kind_id and room_id is None:
        raise TimeTaken
    return room_id


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


def _write_services(appointment: Appointment, services: list[Service], branch: Branch) -> None:
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
