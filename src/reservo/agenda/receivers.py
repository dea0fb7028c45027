"""What the agenda's own events do to the bell and to open agendas."""

from __future__ import annotations

from datetime import datetime

from reservo import outbox
from reservo.agenda.events import (
    AgendaTimeChanged,
    AppointmentAddressCorrected,
    AppointmentBooked,
    AppointmentEdited,
    AppointmentMoved,
    AppointmentStateChanged,
)
from reservo.agenda.models import Appointment
from reservo.agenda.transitions import CANCELLED
from reservo.core import zones
from reservo.notifications import bell

State = Appointment.State


@outbox.receiver(AppointmentBooked)
def booked(event: AppointmentBooked, at: datetime) -> None:
    appointment = _read(event.appointment_id)
    _tell_agendas(appointment, appointment.local_date.isoformat())
    if event.origin != Appointment.Origin.STAFF:
        _ring("booked_online", appointment, at)


@outbox.receiver(AppointmentMoved)
def moved(event: AppointmentMoved, at: datetime) -> None:
    appointment = _read(event.appointment_id)
    earlier = zones.local_date(datetime.fromisoformat(event.earlier_starts_at), appointment.zone)
    _tell_agendas(appointment, earlier.isoformat())
    if event.by_patient:
        _ring("moved_by_patient", appointment, at)


@outbox.receiver(AppointmentStateChanged)
def state_changed(event: AppointmentStateChanged, at: datetime) -> None:
    appointment = _read(event.appointment_id)
    _tell_agendas(appointment, appointment.local_date.isoformat())
    if event.by_patient and event.after == State.CONFIRMED:
        _ring("confirmed_by_patient", appointment, at)
    elif event.by_patient and event.after in CANCELLED:
        _ring("cancelled_by_patient", appointment, at)
    elif event.after == State.ARRIVED:
        _ring("arrived", appointment, at, by_staff_id=event.by_staff_id)


@outbox.receiver(AppointmentEdited)
def edited(event: AppointmentEdited, at: datetime) -> None:
    appointment = _read(event.appointment_id)
    _tell_agendas(appointment, appointment.local_date.isoformat())


@outbox.receiver(AppointmentAddressCorrected)
def address_corrected(event: AppointmentAddressCorrected, at: datetime) -> None:
    appointment = _read(event.appointment_id)
    _tell_agendas(appointment, appointment.local_date.isoformat())


@outbox.receiver(AgendaTimeChanged)
def time_changed(event: AgendaTimeChanged, at: datetime) -> None:
    bell.tell("agenda", {"branch": event.branch_id, "first": event.first_date, "last": event.last_date})


def _read(appointment_id: int) -> Appointment:
    return Appointment.objects.select_related("branch", "practitioner", "patient").get(pk=appointment_id)


def _tell_agendas(appointment: Appointment, earlier: str) -> None:
    dates = sorted((appointment.local_date.isoformat(), earlier))
    message = {"branch": appointment.branch_id, "first": dates[0], "last": dates[1], "id": appointment.pk}
    bell.tell("agenda", message)


def _ring(kind: str, appointment: Appointment, at: datetime, by_staff_id: int | None = None) -> None:
    bell.ring(
        kind,
        branch_id=appointment.branch_id,
        practitioner_id=appointment.practitioner_id,
        appointment_id=appointment.pk,
        by_staff_id=by_staff_id,
        facts={
            "patient": appointment.patient.full_name if appointment.patient else appointment.contact_name,
            "service": " + ".join(appointment.services.values_list("name", flat=True)),
            "starts_at": appointment.starts_at.isoformat(),
            "zone": appointment.zone,
            "date": appointment.local_date.isoformat(),
        },
        at=at,
    )
