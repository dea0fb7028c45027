"""Changing an appointment: its state, its time, its facts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from reservo import outbox, tenancy
from reservo.agenda import claims, trail, transitions
from reservo.agenda.events import (
    AppointmentAddressCorrected,
    AppointmentEdited,
    AppointmentMoved,
    AppointmentStateChanged,
)
from reservo.agenda.models import Appointment, AppointmentChange, AppointmentService
from reservo.agenda.operations import booking, online, placing
from reservo.agenda.operations.booking import Booking
from reservo.agenda.operations.placing import NO_LEAVE, Leave, UnknownObject
from reservo.agenda.transitions import LIVE
from reservo.catalog.models import Service
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a visit is to go. No length: as long as it is. No room: one that fits, the preferred one if it is free."""

    starts_at: datetime
    practitioner_id: int | None
    room_id: int | None
    preferred_room_id: int | None = None
    duration_minutes: int | None = None


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
            booking.put_in_place(appointment, set(), leave, at=at)
        save(appointment)
        trail.write(appointment, "state", before, by=by, at=at, reason=reason)
        event = AppointmentStateChanged(
            appointment.pk, was, str(to), by.is_patient, tell_patient or by.is_patient, by.staff_id
        )
        outbox.announce(event, at=at)
    return appointment


def move(
    appointment_id: int,
    to: Place,
    *,
    branch_id: int | None = None,
    version: int | None = None,
    tell_patient: bool = False,
    leave: Leave = NO_LEAVE,
    by: Actor,
    at: datetime,
) -> Appointment:
    """Another time, length, practitioner or room; by staff. Nothing is written if nothing changes.

    Raises EditedMeanwhile, AppointmentClosed, BadTime, UnknownObject, TimeTaken, OutsideRules, OverbookingFull.
    """
    with tenancy.atomic():
        change = _Change(locked(appointment_id, version))
        _go(change.appointment, to, branch_id, leave, at=at)
        change.write(tell_patient=tell_patient, by=by, at=at)
    return change.appointment


class _Enough(Exception):
    """Takes back what was only tried."""


def try_move(
    appointment_id: int, to: Place, *, version: int | None = None, leave: Leave = NO_LEAVE, at: datetime
) -> None:
    """Raises what `move` would raise; nothing is written."""
    with suppress(_Enough), tenancy.atomic():
        _go(locked(appointment_id, version), to, None, leave, at=at)
        raise _Enough


def edit(
    appointment_id: int,
    *,
    patient_id: int | None,
    service_ids: tuple[int, ...],
    comment: str,
    to: Place | None = None,
    version: int | None = None,
    tell_patient: bool = False,
    leave: Leave = NO_LEAVE,
    by: Actor,
    at: datetime,
) -> Appointment:
    """Patient, services and comment, and its place too if `to` is given: one change, one line of the trail.

    Raises EditedMeanwhile, AppointmentClosed, UnknownObject, and what `move` raises.
    """
    with tenancy.atomic():
        change = _Change(locked(appointment_id, version))
        appointment = change.appointment
        if appointment.state == Appointment.State.DELETED:
            raise AppointmentClosed(appointment.state)
        if patient_id and not Patient.objects.filter(pk=patient_id).exists():
            raise UnknownObject("patient")
        appointment.patient_id = patient_id
        appointment.comment = comment
        buffers_changed = put_services(appointment, service_ids)
        if to and (buffers_changed or to != place_of(appointment)):
            _go(appointment, to, None, leave, at=at)
        elif buffers_changed:
            placing.set_time(appointment, appointment.starts_at, appointment.duration_minutes)
            if appointment.state in LIVE:
                placing.take_time(appointment, overbook=leave.overbook, at=at)
        change.write(tell_patient=tell_patient, by=by, at=at)
    return appointment


def correct_address(appointment_id: int, email: str, *, by: Actor, at: datetime) -> Appointment:
    """The visit's mails go here from now on; nothing is written if they do already."""
    with tenancy.atomic():
        appointment = locked(appointment_id, None)
        before, after = {"contact_email": appointment.contact_email}, {"contact_email": email}
        if before == after:
            return appointment
        appointment.contact_email = email
        save(appointment)
        trail.line(appointment, "edited", before, after, by=by, at=at).save(force_insert=True)
        outbox.announce(AppointmentAddressCorrected(appointment.pk), at=at)
    return appointment


def place_of(appointment: Appointment) -> Place:
    return Place(
        starts_at=appointment.starts_at,
        practitioner_id=appointment.practitioner_id,
        room_id=appointment.room_id,
        duration_minutes=appointment.duration_minutes,
    )


def _go(appointment: Appointment, to: Place, branch_id: int | None, leave: Leave, *, at: datetime) -> None:
    if appointment.state not in LIVE:
        raise AppointmentClosed(appointment.state)
    minutes = appointment.duration_minutes if to.duration_minutes is None else to.duration_minutes
    _set_time(appointment, to.starts_at, minutes, branch_id, at=at)
    placing.check_resources(appointment.branch_id, to.practitioner_id, to.room_id)
    appointment.practitioner_id, appointment.room_id = to.practitioner_id, to.room_id
    kinds = set(appointment.services.values_list("service__room_kind_id", flat=True))
    booking.put_in_place(appointment, kinds, leave, prefer=to.preferred_room_id, at=at)


def _set_time(
    appointment: Appointment, starts_at: datetime, minutes: int, branch_id: int | None, *, at: datetime
) -> None:
    branch = placing.branch_named(branch_id or appointment.branch_id)
    placing.check_time(starts_at, minutes, branch.zone, at=at)
    appointment.branch, appointment.zone = branch, branch.zone
    placing.set_time(appointment, starts_at, minutes)


def move_online(
    appointment_id: int, *, rules: Booking, time_version: int, by: Actor, at: datetime
) -> Appointment:
    """The patient's own move to an offered time; `rules` carries it and the bounds of the page.

    Raises EditedMeanwhile, AppointmentClosed, BadTime, TimeTaken, NotOffered, UnknownObject.
    """
    with tenancy.atomic():
        change = _Change(locked(appointment_id, None))
        appointment = change.appointment
        if appointment.time_version != time_version:
            raise EditedMeanwhile(appointment.changes.last())
        if appointment.state not in MOVABLE:
            raise AppointmentClosed(appointment.state)
        first = appointment.services.select_related("service").first()
        if first is None:
            raise UnknownObject("service")
        _set_time(appointment, rules.starts_at, appointment.duration_minutes, None, at=at)
        online.place(appointment, rules, online.same_visit(appointment, first.service), at=at)
        placing.take_time(appointment, overbook=False, at=at)
        change.write(tell_patient=True, by=by, at=at)
    return appointment


class _Change:
    """A visit as it was, and what is written about what became of it."""

    def __init__(self, appointment: Appointment):
        self.appointment = appointment
        self.before = trail.snapshot(appointment)
        self.earlier = appointment.starts_at

    def write(self, *, tell_patient: bool, by: Actor, at: datetime) -> None:
        """The row, a line of the trail, the event; nothing if nothing changed."""
        appointment = self.appointment
        if trail.snapshot(appointment) == self.before:
            return
        moved = appointment.starts_at != self.earlier
        if moved:
            appointment.time_version += 1
            appointment.booked_at = at
            if appointment.state == Appointment.State.CONFIRMED and by.kind == "staff":
                appointment.state = Appointment.State.NOT_CONFIRMED
        save(appointment)
        trail.write(appointment, "moved" if moved else "edited", self.before, by=by, at=at)
        event = AppointmentMoved(appointment.pk, self.earlier.isoformat(), by.is_patient, tell_patient)
        outbox.announce(event if moved else AppointmentEdited(appointment.pk), at=at)


def put_services(appointment: Appointment, service_ids: tuple[int, ...]) -> bool:
    """These services in this order; whether the visit's buffers change with them. Raises UnknownObject."""
    kept = {row.service_id: row for row in appointment.services.select_related("service")}
    if list(kept) == list(service_ids):
        return False
    new = Service.objects.in_bulk(set(service_ids) - set(kept))
    if set(service_ids) - set(kept) - set(new):
        raise UnknownObject("service")
    AppointmentService.objects.filter(appointment=appointment).exclude(service_id__in=service_ids).delete()
    booking.write_services(appointment, [new[pk] for pk in service_ids if pk in new], appointment.branch)
    for position, pk in enumerate(service_ids):
        AppointmentService.objects.filter(appointment=appointment, service_id=pk).update(position=position)
    services = [new[pk] if pk in new else kept[pk].service for pk in service_ids]
    return booking.set_buffers(appointment, services)


def locked(appointment_id: int, version: int | None) -> Appointment:
    """The row, for writing in this transaction. Raises DoesNotExist, EditedMeanwhile."""
    appointment = Appointment.objects.select_related("branch").get(pk=appointment_id)
    if version is not None and appointment.version != version:
        raise EditedMeanwhile(appointment.changes.last())
    return appointment


def save(appointment: Appointment) -> None:
    appointment.version += 1
    appointment.save()
