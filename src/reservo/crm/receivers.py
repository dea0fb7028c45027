"""Which mail follows from which change of a visit."""

from __future__ import annotations

from datetime import datetime, timedelta

from reservo import outbox
from reservo.agenda.events import AppointmentBooked, AppointmentMoved, AppointmentStateChanged
from reservo.agenda.models import Appointment
from reservo.agenda.transitions import CANCELLED as CANCELLED_STATES
from reservo.agenda.transitions import FREES_TIME
from reservo.crm import kinds
from reservo.crm.addressing import addressee, subject_key
from reservo.crm.models import AutomaticMail
from reservo.notifications import mail
from reservo.notifications.mail import Plan


@outbox.receiver(AppointmentBooked)
def confirm_later(event: AppointmentBooked, at: datetime) -> None:
    appointment = _read(event.appointment_id)
    if appointment.state not in FREES_TIME:
        _plan_confirmation(appointment, at)


@outbox.receiver(AppointmentMoved)
def tell_moved(event: AppointmentMoved, at: datetime) -> None:
    """Within the confirmation's delay the move only changes what it will say."""
    appointment = _read(event.appointment_id)
    if mail.is_waiting(subject_key(appointment), kinds.CONFIRMATION):
        return
    if event.tell_patient:
        _plan(appointment, kinds.MOVED, str(appointment.time_version), at, due_at=at)


@outbox.receiver(AppointmentStateChanged)
def tell_cancelled(event: AppointmentStateChanged, at: datetime) -> None:
    appointment = _read(event.appointment_id)
    if event.after in CANCELLED_STATES and event.before not in CANCELLED_STATES:
        mail.withdraw(subject_key(appointment), (kinds.CONFIRMATION, kinds.REMINDER, kinds.MOVED), at=at)
        if event.tell_patient:
            _plan(appointment, kinds.CANCELLED, str(appointment.version), at, due_at=at)
    elif event.before in FREES_TIME and event.after not in FREES_TIME:
        mail.withdraw(subject_key(appointment), (kinds.CANCELLED,), at=at)
        _plan_confirmation(appointment, at)


def _plan_confirmation(appointment: Appointment, at: datetime) -> None:
    rules = AutomaticMail.objects.get()
    if not rules.confirmation_on or appointment.starts_at <= at:
        return
    due_at = at + timedelta(minutes=rules.confirmation_delay_minutes)
    version = str(appointment.version)
    _plan(appointment, kinds.CONFIRMATION, version, at, due_at=due_at)
    if rules.copy_to:
        _plan(appointment, kinds.CONFIRMATION, version, at, due_at=due_at, copy_to=rules.copy_to)


def _plan(
    appointment: Appointment, kind: str, version: str, at: datetime, *, due_at: datetime, copy_to: str = ""
) -> None:
    to = addressee(appointment)
    if not (copy_to or to.address):
        return
    plan = Plan(
        kind=kind,
        subject_key=subject_key(appointment),
        version=version,
        to_address=copy_to or to.address,
        to_name=to.name,
        language=to.language,
        due_at=due_at,
        appointment_id=appointment.pk,
        patient_id=appointment.patient_id,
    )
    mail.plan(plan, at=at)


def _read(appointment_id: int) -> Appointment:
    return Appointment.objects.select_related("patient", "branch").get(pk=appointment_id)
