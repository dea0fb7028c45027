"""The list of patients and the suggestions while typing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from reservo import tenancy
from reservo.core import identity, phones
from reservo.patients import choices, queries
from reservo.patients.models import Patient
from reservo.patients.searching import MOST_TYPED
from reservo.staff.access import right

PAGE_SIZE = 50
MOST_SUGGESTIONS = 8
COLUMNS = {
    "numero": _("N.º"),
    "documento": _("Documento"),
    "telefono": _("Teléfono"),
    "correo": _("Correo"),
    "nacimiento": _("Nacimiento"),
    "prevision": _("Previsión"),
    "categoria": _("Categoría"),
    "valoracion": _("Valoración"),
    "ciudad": _("Comuna o ciudad"),
}
SHOWN_FIRST = ("numero", "documento", "telefono", "correo")
STATES = {"active": _("Activos"), "inactive": _("Inactivos")}


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of the address: its name there, its label, what can be chosen and what is."""

    name: str
    label: Any
    options: list[tuple[str, Any]]
    chosen: str

    @property
    def chosen_label(self) -> Any:
        return dict(self.options).get(self.chosen, self.chosen)


@require_safe
@right("patients.see")
@tenancy.may_be_stale
def index(request: HttpRequest) -> HttpResponse:
    typed = request.GET.get("q", "").strip()[:MOST_TYPED]
    filters = _filters(request)
    found = _filtered(queries.patients_for(request.staff, typed), filters)
    columns = _columns(request)
    context = {
        "page": Paginator(found, PAGE_SIZE).get_page(request.GET.get("page")),
        "typed": typed,
        "filters": filters,
        "active": [one for one in filters if one.chosen],
        "columns": columns,
        "all_columns": [(name, label, name in columns) for name, label in COLUMNS.items()],
        "waiting": queries.count_pending_differences(request.staff),
        "may_edit": "patients.edit" in request.staff.extents,
    }
    return render(request, "patients/index.html", context)


def _filters(request: HttpRequest) -> list[Filter]:
    used = queries.values_in_use()
    people = [(str(pk), name) for pk, name in choices.practitioners()]
    known = (
        ("estado", _("Estado"), list(STATES.items())),
        ("categoria", _("Categoría"), [(value, value) for value in used["category"]]),
        ("prevision", _("Previsión"), [(value, value) for value in used["insurer"]]),
        ("profesional", _("Profesional habitual"), people),
    )
    return [
        Filter(name, label, options, request.GET.get(name, "")[:80])
        for name, label, options in known
        if options or request.GET.get(name)
    ]


def _filtered(found: QuerySet[Patient], filters: list[Filter]) -> QuerySet[Patient]:
    fields = {"categoria": "category", "prevision": "insurer"}
    for one in filters:
        if not one.chosen:
            continue
        if one.name in fields:
            found = found.filter(**{fields[one.name]: one.chosen})
        elif one.chosen not in dict(one.options):
            found = found.none()
        elif one.name == "estado":
            found = found.filter(state=one.chosen)
        else:
            found = found.filter(usual_practitioner_id=int(one.chosen))
    return found


def _columns(request: HttpRequest) -> list[str]:
    """Those ticked, in their order; the usual ones while nothing was chosen."""
    asked = request.GET.getlist("columna")
    return [name for name in COLUMNS if name in (asked or SHOWN_FIRST)]


@require_safe
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
        "phone": phones.display(patient.phone) if patient.phone else "",
        "number": patient.number,
    }
