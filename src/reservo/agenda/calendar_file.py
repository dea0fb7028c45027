"""A visit as a calendar file that phones and desktops import, update and withdraw."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from icalendar import Calendar, Event, Timezone

from reservo import tenancy
from reservo.agenda.models import Appointment
from reservo.agenda.transitions import CANCELLED
from reservo.core import zones


def calendar_file(appointment: Appointment, *, title: str, place: str, url: str, at: datetime) -> bytes:
    """iCalendar bytes: one event whose UID stays and whose SEQUENCE grows with each change of time."""
    zone = zones.zone(appointment.zone)
    event = Event()
    event.add("uid", f"{appointment.public_id}@{tenancy.current().slug}.reservo")
    event.add("sequence", appointment.time_version - 1 + (appointment.state in CANCELLED))
    event.add("dtstamp", at)
    event.add("dtstart", appointment.starts_at.astimezone(zone))
    event.add("dtend", appointment.ends_at.astimezone(zone))
    event.add("summary", title)
    event.add("location", place)
    event.add("url", url)
    event.add("status", "CANCELLED" if appointment.state in CANCELLED else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", "-//Reservo//Agenda//ES")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if appointment.state in CANCELLED else "PUBLISH")
    calendar.add_component(_clock_changes(appointment.zone, appointment.local_date.year))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


@lru_cache(maxsize=256)
def _clock_changes(zone: str, year: int) -> Timezone:
    """The zone's offsets around this year. Finding them takes longer than the rest of a mail: they are kept."""
    return Timezone.from_tzid(zone, first_date=date(year - 1, 1, 1), last_date=date(year + 2, 1, 1))
