"""The agenda's page and its search."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from reservo.agenda.models import Appointment
from reservo.agenda.queries import grid as grid_queries
from reservo.agenda.queries import visits
from reservo.agenda.queries.grid import Range
from reservo.agenda.views import choosing
from reservo.agenda.views.choosing import Chosen
from reservo.core import identity, text, zones
from reservo.core.clock import now
from reservo.patients import queries as patients
from reservo.patients.models import Patient
from reservo.staff.access import right
from reservo.ui.templatetags.ui import phone

MOST_FOUND = 6


@require_safe
@right("agenda.see")
def index(request: HttpRequest) -> HttpResponse:
    """The grid; without scripts, the list of the day in its place. A visit asked for alone brings its day."""
    asked = choosing.number(request.GET.get("cita", ""))
    if asked and "dia" not in request.GET:
        found = visits.appointments_for(request.staff).filter(pk=asked).first()
        if found:
            return redirect(address_of(found))
    return _page(request, "agenda/index.html")


@require_safe
@right("agenda.see")
def day_list(request: HttpRequest) -> HttpResponse:
    """The day as a list: to print, to read aloud, to use without scripts."""
    return _page(request, "agenda/list.html")


def address_of(visit: Appointment) -> str:
    """The agenda on the visit's day, with the visit open beside it."""
    return f"{reverse('agenda:index')}?dia={visit.local_date}&sucursal={visit.branch_id}&cita={visit.pk}"


def _page(request: HttpRequest, template: str) -> HttpResponse:
    chosen = choosing.chosen(request)
    if chosen is None:
        return render(request, "agenda/no_branch.html")
    staff = request.staff
    own = staff.practitioner_id or 0 if staff.only_own("agenda.see") else None
    shown = Range(chosen.branch, chosen.day, chosen.day, own if own is not None else chosen.practitioner_id)
    context = {
        "chosen": chosen,
        "today": zones.local_date(now(), chosen.branch.zone),
        "zone_words": choosing.zone_words(chosen.day, chosen.branch.zone),
        "visits": _named(grid_queries.visits(shown), shown, chosen),
        "config": choosing.calendar_config(request, chosen),
    }
    return render(request, template, context)


def _named(visits: list[dict[str, Any]], shown: Range, chosen: Chosen) -> list[dict[str, Any]]:
    """Visits with the names of their practitioner and room; of one room only, if one was chosen."""
    people = {person.pk: person.name for person in chosen.practitioners}
    rooms = {room.pk: room.name for room in chosen.rooms}
    known = people.keys() | {None}, rooms.keys() | {None}
    if any(visit["practitioner"] not in known[0] or visit["room"] not in known[1] for visit in visits):
        others = grid_queries.others(shown, list(people), list(rooms))
        people |= {one["id"]: one["name"] for one in others["others"]}
        rooms |= {one["id"]: one["name"] for one in others["other_rooms"]}
    return [
        {
            **visit,
            "practitioner_name": people.get(visit["practitioner"], ""),
            "room_name": rooms.get(visit["room"], ""),
        }
        for visit in visits
        if not chosen.by_room or chosen.room_id in (None, visit["room"])
    ]


def _id_of(patient: Patient) -> str:
    return identity.format_id(patient.country, patient.national_id) or f"{_('N.º')} {patient.number}"


@require_safe
@right("agenda.see")
def search(request: HttpRequest) -> JsonResponse:
    """Patients and visits for the search box of every screen."""
    typed = "".join(letter for letter in request.GET.get("q", "")[:120] if letter.isprintable()).strip()
    if len(typed) < 2:
        return JsonResponse({"results": []})
    found = []
    if request.staff.may("patients.see"):
        found += [
            {
                "title": patient.full_name,
                "detail": " · ".join(filter(None, (_id_of(patient), phone(patient.phone)))),
                "url": reverse("patients:show", args=[patient.pk]),
            }
            for patient in patients.patients_for(request.staff, typed)[:MOST_FOUND]
        ]
    language = (get_language() or "es")[:2]
    found += [
        {
            "title": f"#{visit.number} {visit.patient.full_name if visit.patient else visit.contact_name}",
            "detail": text.day_and_clock(zones.local(visit.starts_at, visit.zone), language),
            "url": address_of(visit),
        }
        for visit in visits.search(request.staff, typed, limit=MOST_FOUND)
    ]
    return JsonResponse({"results": found})
