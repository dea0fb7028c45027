"""One visit, and looking for visits, for those who may see them."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from reservo.agenda.models import Appointment, AppointmentChange
from reservo.agenda.transitions import LIVE
from reservo.catalog import uses
from reservo.patients.searching import words_of

MOST_COMING = 2_000
LONGEST = timedelta(hours=12)
_USED = tuple(field.name for field in fields(uses.Visit))


def appointments_for(staff: Any) -> QuerySet[Appointment]:
    """Visits this member of staff may see."""
    found = Appointment.objects.all()
    if (branches := staff.branch_ids()) is not None:
        found = found.filter(branch_id__in=branches)
    if staff.only_own("agenda.see"):
        found = found.filter(practitioner_id=staff.practitioner_id or 0)
    return found


def appointment_for(staff: Any, appointment_id: int) -> Appointment:
    """Raises Http404 if there is none or it is not this person's to see."""
    related = appointments_for(staff).select_related("branch", "patient", "practitioner", "room")
    found = related.filter(pk=appointment_id).first()
    if found is None:
        raise Http404
    return found


def change_for(staff: Any, change_id: int) -> AppointmentChange:
    """Raises Http404."""
    change = AppointmentChange.objects.filter(pk=change_id).first()
    if change is None or not appointments_for(staff).filter(pk=change.appointment_id).exists():
        raise Http404
    return change


def history_of(patient_id: int) -> QuerySet[Appointment]:
    """A patient's visits, newest first."""
    found = Appointment.objects.filter(patient_id=patient_id).exclude(state=Appointment.State.DELETED)
    return found.select_related("branch", "practitioner").prefetch_related("services").order_by("-starts_at")


def history_for(staff: Any, patient_id: int) -> QuerySet[Appointment]:
    """Of a patient's visits, those this member of staff may see; none without the agenda's right."""
    seen = history_of(patient_id).filter(pk__in=appointments_for(staff).values("pk"))
    return seen if "agenda.see" in staff.extents else seen.none()


def same_patient_then(appointment: Appointment) -> Appointment | None:
    """Another live visit of the patient that overlaps this one."""
    if not appointment.patient_id or appointment.state not in LIVE:
        return None
    others = Appointment.objects.filter(
        patient_id=appointment.patient_id,
        starts_at__lt=appointment.ends_at,
        starts_at__gt=appointment.starts_at - LONGEST,
        ends_at__gt=appointment.starts_at,
        state__in=LIVE,
    ).exclude(pk=appointment.pk)
    return others.select_related("practitioner", "branch").order_by("starts_at").first()


def coming(at: datetime, **where: int) -> list[uses.Visit]:
    """Live visits that end after `at`, soonest first, at most MOST_COMING."""
    found = Appointment.objects.filter(ends_at__gt=at, state__in=LIVE, **where).order_by("starts_at")
    return [uses.Visit(*row) for row in found.values_list(*_USED)[:MOST_COMING]]


def booked_online() -> bool:
    online = (Appointment.Origin.WEB, Appointment.Origin.API, Appointment.Origin.SOCIAL)
    return Appointment.objects.filter(origin__in=online).exists()


def search(staff: Any, typed: str, *, limit: int) -> list[Appointment]:
    """By number, or by the words of the patient's file; newest first."""
    found = appointments_for(staff).select_related("patient", "practitioner", "branch")
    number = typed.lstrip("#")
    if number.isascii() and number.isdecimal() and len(number) < 12:
        exact = list(found.filter(number=int(number))[:limit])
        if exact:
            return exact
    for word in words_of(typed):
        found = found.filter(patient__search_text__contains=word)
    return list(found.exclude(state=Appointment.State.DELETED).order_by("-starts_at")[:limit])
