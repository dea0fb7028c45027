"""What a patient does with their own visit, by its link. Every answer may be repeated."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from reservo import tenancy
from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment
from reservo.agenda.transitions import CANCELLED
from reservo.booking.models import BookingPage
from reservo.booking.operations.online import OnlineBooking, booking_of
from reservo.catalog import queries as catalog
from reservo.core.actor import Actor
from reservo.patients import operations as patients
from reservo.patients.fields import PatientFields, cleaned_email

State = Appointment.State
CHANGEABLE = (State.NOT_CONFIRMED, State.CONFIRMED)


MOST_CORRECTIONS = 3


class CutOff(RuntimeError):
    """Too late to do this online; the centre has to be called."""


class CorrectedTooOften(RuntimeError):
    """The address of this visit was corrected as often as it can be online: each time may send a mail."""


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


def correct_address(appointment: Appointment, typed: str, *, at: datetime) -> Appointment:
    """Where the visit's mails go; the file keeps what it has, and staff see the difference.

    Raises BadPatient, CorrectedTooOften.
    """
    email = cleaned_email(typed)
    with tenancy.atomic():
        lines = appointment.changes.filter(actor="patient", action="edited")
        if email != appointment.contact_email and lines.count() >= MOST_CORRECTIONS:
            raise CorrectedTooOften
        by = patient_of(appointment)
        corrected = agenda.correct_address(appointment.pk, email, by=by, at=at)
        if appointment.patient:
            given = PatientFields(email=email)
            patients.note_differences(appointment.patient, given, appointment_id=appointment.pk, at=at)
    return corrected


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
