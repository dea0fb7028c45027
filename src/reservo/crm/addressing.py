"""To whom a visit's mail goes."""

from __future__ import annotations

from dataclasses import dataclass

from reservo.agenda.models import Appointment


@dataclass(frozen=True, slots=True)
class Addressee:
    address: str
    name: str
    language: str


def addressee(appointment: Appointment) -> Addressee:
    """The address typed with an online booking, else the one on file; empty if there is none."""
    patient = appointment.patient
    if appointment.contact_email:
        return Addressee(appointment.contact_email, appointment.contact_name, appointment.language)
    if patient is None:
        return Addressee("", appointment.contact_name, appointment.language)
    return Addressee(patient.email, patient.given_name, patient.language)


def subject_key(appointment: Appointment) -> str:
    return f"appointment:{appointment.pk}"
