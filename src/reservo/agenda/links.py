"""Signed links to one visit. They name the visit and the time they were sent for, and hold for one centre alone."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core import signing

from reservo import tenancy
from reservo.agenda.models import Appointment


class BadLink(ValueError):
    """The link was altered, cut, or is another centre's."""


@dataclass(frozen=True, slots=True)
class Link:
    public_id: UUID
    time_version: int


def token_of(appointment: Appointment) -> str:
    return _signer().sign(f"{appointment.public_id.hex}.{appointment.time_version}")


def read(token: str) -> Link:
    """Raises BadLink."""
    try:
        public_id, _, version = _signer().unsign(token[:300]).partition(".")
        return Link(UUID(public_id), int(version))
    except (signing.BadSignature, ValueError) as bad:
        raise BadLink from bad


def path_of(appointment: Appointment) -> str:
    return f"/{tenancy.current().slug}/v/{token_of(appointment)}/"


def manage_url(appointment: Appointment, language: str, *, page: str = "") -> str:
    """The patient's page of this visit, or one below it (`mover`, `cancelar`, `cita.ics`), from RESERVO_PUBLIC_URL.

    It speaks the language of whoever is sent there, whatever their browser asks for.
    """
    return f"{settings.RESERVO_PUBLIC_URL}{path_of(appointment)}{page}?lang={language}"


def _signer() -> signing.Signer:
    return signing.Signer(salt=f"reservo.visit.{tenancy.current().tenant_id}", sep="~")
