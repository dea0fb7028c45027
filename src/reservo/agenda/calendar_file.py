"""A visit as a calendar file that phones and desktops import, update and withdraw."""

from __future__ import annotations

from datetime import datetime

from icalendar import Calendar, Event

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
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
