"""Changing an appointment: its state, its time, its facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from reservo import outbox, tenancy
from reservo.agenda import availability, claims, trail, transitions
from reservo.agenda.claims import TimeTaken
from reservo.agenda.events import AppointmentEdited, AppointmentMoved, AppointmentStateChanged
from reservo.agenda.models import Appointment, AppointmentChange, AppointmentService
from reservo.agenda.operations import booking, placing
from reservo.agenda.operations.booking import Booking, NotOffered
from reservo.agenda.operations.placing import OutsideRules, UnknownObject
from reservo.agenda.transitions import LIVE
from reservo.catalog.models import Branch, Service
from reservo.core import ticks
from reservo.core.actor import Actor
from reservo.patients.models import Patient

MOVABLE = frozenset({Appointment.State.NOT_CONFIRMED, Appointment.State.CONFIRMED})


class EditedMeanwhile(RuntimeError):
    """Somebody changed the visit since it was read; nothing was written. `change` is the last line of its trail."""

    def __init__(self, change: AppointmentChange | None):
        super().__init__("edited meanwhile")
        self.change = change


class AppointmentClosed(RuntimeError):
    """The visit is deleted, over, or in a state in which this is not done any more."""


@dataclass(frozen=True, slots=True)
class Leave:
    """What the caller allows beyond the rules, by right and after being warned."""

    overbook: bool = False
    outside_rules: bool = False


NO_LEAVE = Leave()


def change_state(
    appointment_id: int,
    to: str,
    *,
    version: int | None = None,
    reason: str = "",
    tell_patient: bool = False,
    leave: Leave = NO_LEAVE,
    by: Actor,
    at: datetime,
) -> Appointment:
    """Raises TransitionRefused, ReasonNeeded, EditedMeanwhile; on taking time again TimeTaken, OutsideRules."""
    with tenancy.atomic():
        appointment = locked(appointment_id, version)
        before = trail.snapshot(appointment)
        was = str(appointment.state)
        transitions.check(was, to, reason=reason)
        appointment.state = to
        if transitions.frees_time(was, to):
            claims.release(appointment)
            appointment.is_overbooked = False
        elif transitions.retakes_time(was, to):
            retake_time(appointment, leave, at=at)
        save(appointment)
        trail.write(appointment, "state", before, by=by, at=at, reason=reason)
        event = AppointmentStateChanged(
            appointment.pk, was, str(to), by.is_patient, tell_patient or by.is_patient
        )
        outbox.announce(event, at=at)
    return appointment


def retake_time(appointment: Appointment, leave: Leave, *, at: datetime) -> None:
    reasons = placing.broken_rules(appointment, appointment.branch, at=at)
    if reasons and not leave.outside_rules:
        raise OutsideRules(reasons)
    appointment.is_outside_rules = bool(reasons)
    placing.take_time(appointment, overbook=leave.overbook, at=at)


def move(
    appointment_id: int,
    *,
    starts_at: datetime,
    practitioner_id: int | None,
    room_id: int | None,
    duration_minutes: int | None = None,
    branch_id: int | None = None,
    version: int | None = None,
    tell_patient: bool = False,
    leave: Leave = NO_LEAVE,
    by: Actor,
    at: datetime,
) -> Appointment:
    """Another time, length, practitioner or room; by staff.

    Raises EditedMeanwhile, AppointmentClosed, BadTime, UnknownObject, TimeTaken, OutsideRules, OverbookingFull.
    """

    def place(appointment: Appointment, branch: Branch) -> None:
        placing.check_resources(branch.pk, practitioner_id, room_id)
        appointment.practitioner_id, appointment.room_id = practitioner_id, room_id
        reasons = placing.broken_rules(appointment, branch, at=at)
        if reasons and not leave.outside_rules:
            raise OutsideRules(reasons)
        appointment.is_outside_rules = bool(reasons)
        placing.take_time(appointment, overbook=leave.overbook, at=at)

    with tenancy.atomic():
        appointment = locked(appointment_id, version)
        if appointment.state not in LIVE:
            raise AppointmentClosed(appointment.state)
        minutes = duration_minutes or appointment.duration_minutes
        _move(appointment, starts_at, minutes, branch_id, place, tell_patient, by, at)
    return appointment


def move_online(
    appointment_id: int, *, rules: Booking, time_version: int, by: Actor, at: datetime
) -> Appointment:
    """The patient's own move to an offered time; `rules` carries it and the bounds of the page.

    Raises EditedMeanwhile, AppointmentClosed, BadTime, TimeTaken, NotOffered, UnknownObject.
    """

    def place(appointment: Appointment, branch: Branch) -> None:
        service = appointment.services.select_related("service").first()
        if service is None:
            raise UnknownObject("service")
        question = booking.online_question(rules, branch, service.service, appointment.local_date, at=at)
        question = replace(question, duration_minutes=appointment.duration_minutes)
        tick = ticks.tick_of(rules.starts_at)
        candidates = availability.offered(question, at=at).practitioners_at(tick)
        if not candidates:
            taken = availability.would_be_offered(question, at=at).practitioners_at(tick)
            raise TimeTaken if taken else NotOffered
        if appointment.practitioner_id not in candidates:
            appointment.practitioner_id = candidates[0]
        appointment.room_id = booking.room_of_window(appointment, service.service, at=at)
        placing.take_time(appointment, overbook=False, at=at)

    with tenancy.atomic():
        appointment = locked(appointment_id, None)
        if appointment.time_version != time_version:
            raise EditedMeanwhile(appointment.changes.last())
        if appointment.state not in MOVABLE:
            raise AppointmentClosed(appointment.state)
        _move(appointment, rules.starts_at, appointment.duration_minutes, None, place, True, by, at)
    return appointment


def _move(
    appointment: Appointment,
    starts_at: datetime,
    minutes: int,
    branch_id: int | None,
    place: Callable[[Appointment, Branch], None],
    tell_patient: bool,
    by: Actor,
    at: datetime,
) -> None:
    before = trail.snapshot(appointment)
    earlier = appointment.starts_at
    branch = placing.branch_named(branch_id or appointment.branch_id)
    placing.check_time(starts_at, minutes, branch.zone, at=at)
    claims.release(appointment)
    appointment.branch, appointment.zone = branch, branch.zone
    placing.set_time(appointment, starts_at, minutes)
    place(appointment, branch)
    if starts_at != earlier:
        appointment.time_version += 1
        appointment.booked_at = at
        if appointment.state == Appointment.State.CONFIRMED and by.kind == "staff":
            appointment.state = Appointment.State.NOT_CONFIRMED
    save(appointment)
    trail.write(appointment, "moved" if starts_at != earlier else "edited", before, by=by, at=at)
    event = AppointmentMoved(appointment.pk, earlier.isoformat(), by.is_patient, tell_patient)
    outbox.announce(event if starts_at != earlier else AppointmentEdited(appointment.pk), at=at)


def edit(
    appointment_id: int,
    *,
    patient_id: int | None,
    service_ids: tuple[int, ...],
    comment: str,
    version: int | None = None,
    by: Actor,
    at: datetime,
) -> Appointment:
    """Patient, services and comment; the time stays. Raises EditedMeanwhile, AppointmentClosed, UnknownObject."""
    with tenancy.atomic():
        appointment = locked(appointment_id, version)
        if appointment.state == Appointment.State.DELETED:
            raise AppointmentClosed(appointment.state)
        before = trail.snapshot(appointment)
        if patient_id and not Patient.objects.filter(pk=patient_id).exists():
            raise UnknownObject("patient")
        appointment.patient_id = patient_id
        appointment.comment = comment
        _put_services(appointment, service_ids)
        save(appointment)
        trail.write(appointment, "edited", before, by=by, at=at)
        outbox.announce(AppointmentEdited(appointment.pk), at=at)
    return appointment


def _put_services(appointment: Appointment, service_ids: tuple[int, ...]) -> None:
    kept = {row.service_id: row for row in appointment.services.all()}
    if list(kept) == list(service_ids):
        return
    new = {service.pk: service for service in Service.objects.filter(pk__in=set(service_ids) - set(kept))}
    if set(service_ids) - set(kept) - set(new):
        raise UnknownObject("service")
    AppointmentService.objects.filter(appointment=appointment).exclude(service_id__in=service_ids).delete()
    added = [new[pk] for pk in service_ids if pk in new]
    booking._write_services(appointment, added, appointment.branch)
    for position, pk in enumerate(service_ids):
        AppointmentService.objects.filter(appointment=appointment, service_id=pk).update(position=position)


def locked(appointment_id: int, version: int | None) -> Appointment:
    """The row, for writing in this transaction. Raises DoesNotExist, EditedMeanwhile."""
    appointment = Appointment.objects.select_related("branch").get(pk=appointment_id)
    if version is not None and appointment.version != version:
        raise EditedMeanwhile(appointment.changes.last())
    return appointment


def save(appointment: Appointment) -> None:
    appointment.version += 1
    appointment.save()
