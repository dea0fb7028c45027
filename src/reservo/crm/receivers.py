"""Which mail follows from which change of a visit."""

from __future__ import annotations

from datetime import datetime, timedelta

from reservo import outbox
from reservo.agenda.events import (
    AppointmentAddressCorrected,
    AppointmentBooked,
    AppointmentEdited,
    AppointmentMoved,
    AppointmentStateChanged,
)
from reservo.agenda.models import Appointment
from reservo.agenda.transitions import CANCELLED as CANCELLED_STATES
from reservo.agenda.transitions import FREES_TIME
from reservo.crm import kinds, planning
from reservo.crm.addressing import subject_key
from reservo.crm.models import AutomaticMail
from reservo.notifications import mail, queries


@outbox.receiver(AppointmentBooked)
def confirm_later(event: AppointmentBooked, at: datetime) -> None:
    appointment = _read(event.appointment_id)
    if appointment.state not in FREES_TIME:
        planning.plan_confirmation(appointment, at=at)


@outbox.receiver(AppointmentMoved)
def tell_moved(event: AppointmentMoved, at: datetime) -> None:
    """Within the confirmation's delay the move only changes what it will say."""
    appointment = _read(event.appointment_id)
    if mail.is_waiting(subject_key(appointment), kinds.CONFIRMATION):
        return
    if event.tell_patient and appointment.starts_at > at:
        planning.plan_to_patient(appointment, kinds.MOVED, str(appointment.time_version), due_at=at, at=at)


@outbox.receiver(AppointmentEdited)
def confirm_who_came_later(event: AppointmentEdited, at: datetime) -> None:
    """The patient may be put in after the booking, within the delay: the confirmation keeps its hour."""
    appointment = _read(event.appointment_id)
    due_at = appointment.created_at + timedelta(
        minutes=AutomaticMail.objects.get().confirmation_delay_minutes
    )
    planned = queries.is_known(subject_key(appointment), kinds.CONFIRMATION)
    if due_at > at and not planned and appointment.state not in FREES_TIME:
        planning.plan_confirmation(appointment, at=at, due_at=due_at)


@outbox.receiver(AppointmentAddressCorrected)
def confirm_to_the_right_address(event: AppointmentAddressCorrected, at: datetime) -> None:
    """One that waits goes to the address that holds when it leaves; one that left, or could not, is sent anew."""
    appointment = _read(event.appointment_id)
    if appointment.state not in FREES_TIME and not mail.is_waiting(
        subject_key(appointment), kinds.CONFIRMATION
    ):
        planning.plan_anew(appointment, at=at)


@outbox.receiver(AppointmentStateChanged)
def tell_cancelled(event: AppointmentStateChanged, at: datetime) -> None:
    """After a cancellation nothing but its own notice. A time booked again is confirmed again, unless the patient
    knows of it and was never told that it was cancelled."""
    appointment = _read(event.appointment_id)
    if event.after in CANCELLED_STATES and event.before not in CANCELLED_STATES:
        mail.withdraw(subject_key(appointment), kinds.ABOUT_A_LIVE_VISIT, at=at)
        if event.tell_patient:
            planning.plan_to_patient(appointment, kinds.CANCELLED, str(appointment.version), due_at=at, at=at)
    elif event.before in FREES_TIME and event.after not in FREES_TIME:
        key = subject_key(appointment)
        mail.withdraw(key, (kinds.CANCELLED,), at=at)
        if queries.was_sent(key, kinds.CANCELLED) or not queries.was_sent(
            key, kinds.CONFIRMATION, kinds.MOVED
        ):
            planning.plan_confirmation(appointment, at=at)


def _read(appointment_id: int) -> Appointment:
    return Appointment.objects.select_related("patient", "branch").get(pk=appointment_id)
