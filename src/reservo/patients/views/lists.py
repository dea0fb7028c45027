"""The list of patients and the suggestions while typing."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reservo.core import identity
from reservo.patients import queries
from reservo.patients.models import Patient
from reservo.staff.access import right

PAGE_SIZE = 50
MOST_SUGGESTIONS = 8


@require_GET
@right("patients.see")
def index(request: HttpRequest) -> HttpResponse:
    typed = request.GET.get("q", "").strip()
    state = request.GET.get("estado", "")
    found = queries.patients_for(request.staff, typed)
    if state in Patient.State.values:
        found = found.filter(state=state)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "typed": typed, "state": state, "waiting": queries.count_pending_differences()}
    return render(request, "patients/index.html", context)


@require_GET
@right("patients.see")
def suggestions(request: HttpRequest) -> JsonResponse:
    typed = request.GET.get("q", "").strip()
    found = queries.patients_for(request.staff, typed)[:MOST_SUGGESTIONS] if len(typed) >= 2 else []
    return JsonResponse({"patients": [_suggestion(patient) for patient in found]})


def _suggestion(patient: Patient) -> dict:
    return {
        "id": patient.pk,
        "name": patient.full_name,
        "national_id": identity.format_id(patient.country, patient.national_id),
        "phone": patient.phone,
        "number": patient.number,
    }
