"""A visit in the words that patients and bells read: what, with whom, where, when."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote_plus

from reservo.agenda.models import Appointment
from reservo.core import text, zones


@dataclass(frozen=True, slots=True)
class Facts:
    service: str
    practitioner: str
    branch: str
    address: str
    map_url: str
    phone: str
    day: str
    clock: str
    end_clock: str
    short: str
    zone: str
    offset: str
    instructions: tuple[str, ...]


def facts_of(appointment: Appointment, language: str) -> Facts:
    """Reads branch, practitioner and services; three queries unless they were fetched with the visit."""
    branch = appointment.branch
    services = list(appointment.services.select_related("service"))
    start = zones.local(appointment.starts_at, appointment.zone)
    address = ", ".join(part for part in (branch.address, branch.city) if part)
    return Facts(
        service=" + ".join(row.name for row in services),
        practitioner=appointment.practitioner.name if appointment.practitioner else "",
        branch=branch.name,
        address=address,
        map_url=f"https://www.openstreetmap.org/search?query={quote_plus(address)}" if address else "",
        phone=branch.phone,
        day=text.day_long(start.date(), language),
        clock=text.clock(start),
        end_clock=text.clock(zones.local(appointment.ends_at, appointment.zone)),
        short=text.day_and_clock(start, language),
        zone=zones.zone_label(appointment.zone, language),
        offset=zones.offset_label(appointment.starts_at, appointment.zone),
        instructions=tuple(row.service.instructions for row in services if row.service.instructions),
    )
