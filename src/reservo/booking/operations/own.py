"""What a patient does with their own visit, by its link. Every answer may be repeated."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment
from reservo.agenda.transitions import CANCELLED
from reservo.booking.models import BookingPage
from reservo.booking.operations.online import OnlineBooking, booking_of
from reservo.catalog import queries as catalog
from reservo.core.actor import Actor
from reservo.patients.fields import PatientFields

State = Appointment.State
CHANGEABLE = (State.NOT_CONFIRMED, State.CONFIRMED)


class CutOff(RuntimeError):
    """Too late to do this online; the centre has to be called."""


def patient_of(appointment: Appointment) -> Actor:
    name = appointment.patient.full_name if appointment.patient else appointment.contact_name
    return Actor("patient", appointment.patient_id, name[:80], "link")


def confirm_own(appointment: Appointment, *, at: datetime) -> Appointment:
    """Raises TransitionRefused if the visit is cancelled or over."""
    if appointment.state in (State.CONFIRMED, State.ARRIVED, State.READY, State.ATTENDED):
        return appointment
    return agenda.change_state(appointment.pk, State.CONFIRMED, by=patient_of(appointment), at=at)


def cancel_own(appointment: Appointment, *, at: datetime) -> Appointment:
    """Raises CutOff, TransitionRefused."""
    if appointment.state in CANCELLED:
        return appointment
    if at > appointment.starts_at - timedelta(minutes=BookingPage.objects.get().cancel_cutoff_minutes):
        raise CutOff
    return agenda.change_state(appointment.pk, State.SUSPENDED, by=patient_of(appointment), at=at)


def may_move(appointment: Appointment, page: BookingPage, *, at: datetime) -> bool:
    in_time = at <= appointment.starts_at - timedelta(minutes=page.move_cutoff_minutes)
    return in_time and appointment.state in CHANGEABLE


def may_cancel(appointment: Appointment, page: BookingPage, *, at: datetime) -> bool:
    in_time = at <= appointment.starts_at - timedelta(minutes=page.cancel_cutoff_minutes)
    return in_time and appointment.state in CHANGEABLE


def move_own(
    appointment: Appointment, starts_at: datetime, *, time_version: int, at: datetime
) -> Appointment:
    """Raises CutOff, EditedMeanwhile, and what an online booking of that time raises."""
    if appointment.starts_at == starts_at:
        return appointment
    page = BookingPage.objects.get()
    if not may_move(appointment, page, at=at):
        raise CutOff
    service = appointment.services.first()
    wanted = OnlineBooking(
        branch_id=appointment.branch_id,
        service_id=service.service_id if service else 0,
        practitioner_id=appointment.practitioner_id,
        starts_at=starts_at,
        patient=PatientFields(),
    )
    rules = replace(booking_of(wanted, page, catalog.centre(), at=at), hold_token="")  # nosec B106
    return agenda.move_online(
        appointment.pk, rules=rules, time_version=time_version, by=patient_of(appointment), at=at
    )
