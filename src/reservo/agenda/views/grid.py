"""The agenda's page and its search."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from reservo.agenda.queries import grid as grid_queries
from reservo.agenda.queries import visits
from reservo.agenda.queries.grid import Range
from reservo.agenda.views import choosing
from reservo.core import text, zones
from reservo.core.clock import now
from reservo.patients import queries as patients
from reservo.staff.access import right

MOST_FOUND = 6


@require_safe
@right("agenda.see")
def index(request: HttpRequest) -> HttpResponse:
    chosen = choosing.chosen(request)
    if chosen is None:
        return render(request, "agenda/no_branch.html")
    shown = Range(chosen.branch, chosen.day, chosen.day, chosen.practitioner_id)
    context = {
        "chosen": chosen,
        "today": zones.local_date(now(), chosen.branch.zone),
        "visits": grid_queries.visits(shown),
        "config": choosing.calendar_config(request, chosen),
    }
    return render(request, "agenda/index.html", context)


@require_safe
@right("agenda.see")
def search(request: HttpRequest) -> JsonResponse:
    """Patients and visits for the search box of every screen."""
    typed = request.GET.get("q", "").strip()[:120]
    if len(typed) < 2:
        return JsonResponse({"results": []})
    found = []
    if request.staff.may("patients.see"):
        found += [
            {
                "title": patient.full_name,
                "detail": f"N.º {patient.number}",
                "url": reverse("patients:show", args=[patient.pk]),
            }
            for patient in patients.patients_for(request.staff, typed)[:MOST_FOUND]
        ]
    language = (get_language() or "es")[:2]
    found += [
        {
            "title": f"#{visit.number} {visit.patient.full_name if visit.patient else visit.contact_name}",
            "detail": text.day_and_clock(zones.local(visit.starts_at, visit.zone), language),
            "url": f"{reverse('agenda:index')}?dia={visit.local_date}&sucursal={visit.branch_id}&cita={visit.pk}",
        }
        for visit in visits.search(request.staff, typed, limit=MOST_FOUND)
    ]
    return JsonResponse({"results": found})


def parsed_day(typed: str, default: date) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return default
