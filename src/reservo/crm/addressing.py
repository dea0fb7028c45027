"""To whom a visit's mail goes."""

from __future__ import annotations

from dataclasses import dataclass

from reservo.agenda.models import Appointment
from reservo.crm.kinds import LANGUAGES


@dataclass(frozen=True, slots=True)
class Addressee:
    address: str
    name: str
    language: str


def addressee(appointment: Appointment) -> Addressee:
    """The address typed with an online booking, else the one on file; empty if there is none."""
    patient = appointment.patient
    if appointment.contact_email or patient is None:
        name = appointment.contact_name or (patient.given_name if patient else "")
        return Addressee(appointment.contact_email, name, _spoken(appointment.language))
    return Addressee(patient.email, patient.given_name, _spoken(patient.language))


def _spoken(language: str) -> str:
    return language if language in LANGUAGES else LANGUAGES[0]


def subject_key(appointment: Appointment) -> str:
    return f"appointment:{appointment.pk}"
