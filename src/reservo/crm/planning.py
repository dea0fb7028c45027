"""Writing down the mails of a visit."""

from __future__ import annotations

from datetime import datetime, timedelta

from reservo.agenda.models import Appointment
from reservo.catalog import queries as catalog
from reservo.crm import kinds
from reservo.crm.addressing import addressee, subject_key
from reservo.crm.models import AutomaticMail
from reservo.notifications import mail
from reservo.notifications.mail import Plan


def plan_confirmation(appointment: Appointment, *, at: datetime, due_at: datetime | None = None) -> None:
    """After the centre's delay, to the patient; and to the centre if it wants a copy."""
    rules = AutomaticMail.objects.get()
    if not rules.confirmation_on or appointment.starts_at <= at:
        return
    due_at = due_at or at + timedelta(minutes=rules.confirmation_delay_minutes)
    version = str(appointment.version)
    plan_to_patient(appointment, kinds.CONFIRMATION, version, due_at=due_at, at=at)
    if rules.copy_to:
        _plan_copy(appointment, rules.copy_to, version, due_at, at)


def plan_anew(appointment: Appointment, *, at: datetime) -> None:
    """The confirmation at once, to the patient alone."""
    if AutomaticMail.objects.get().confirmation_on and appointment.starts_at > at:
        plan_to_patient(appointment, kinds.CONFIRMATION, str(appointment.version), due_at=at, at=at)


def plan_to_patient(
    appointment: Appointment, kind: str, version: str, *, due_at: datetime, at: datetime
) -> bool:
    """Whether there is an address to write to; visits without one are listed for a call."""
    to = addressee(appointment)
    if to.address:
        _plan(appointment, kind, version, to.address, to.name, to.language, due_at, at)
    return bool(to.address)


def _plan_copy(appointment: Appointment, address: str, version: str, due_at: datetime, at: datetime) -> None:
    centre = catalog.centre()
    _plan(appointment, kinds.COPY, version, address, centre.name, centre.language, due_at, at)


def _plan(
    appointment: Appointment,
    kind: str,
    version: str,
    address: str,
    name: str,
    language: str,
    due_at: datetime,
    at: datetime,
) -> None:
    plan = Plan(
        kind=kind,
        subject_key=subject_key(appointment),
        version=version,
        to_address=address,
        to_name=name,
        language=language,
        due_at=due_at,
        appointment_id=appointment.pk,
        patient_id=appointment.patient_id,
        branch_id=appointment.branch_id,
    )
    mail.plan(plan, at=at)
