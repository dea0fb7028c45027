"""Branches, rooms, kinds, categories: a list and a form each. Holidays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reservo import tenancy
from reservo.audit.operations import record
from reservo.catalog import forms
from reservo.catalog.closed_days import public_holidays
from reservo.catalog.forms.fields import language
from reservo.catalog.models import Branch, Holiday, Practitioner, Room, RoomKind, Service, ServiceCategory
from reservo.catalog.operations.hours import set_opening_hours
from reservo.catalog.views.saving import save_form, saved_words
from reservo.core import zones
from reservo.core.clock import now
from reservo.staff.access import right

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Kind:
    model: type[models.Model]
    form: type[django_forms.ModelForm] | None
    labels: Any
    detail: str = ""


KINDS: dict[str, Kind] = {
    "sucursales": Kind(Branch, forms.BranchForm, lambda: (_("Sucursales"), _("Nueva sucursal")), "city"),
    "boxes": Kind(Room, forms.RoomForm, lambda: (_("Boxes"), _("Nuevo box")), "branch"),
    "tipos-de-box": Kind(RoomKind, forms.RoomKindForm, lambda: (_("Tipos de box"), _("Nuevo tipo de box"))),
    "categorias": Kind(ServiceCategory, forms.CategoryForm, lambda: (_("Categorías"), _("Nueva categoría"))),
    "profesionales": Kind(
        Practitioner, None, lambda: (_("Profesionales"), _("Nuevo profesional")), "speciality"
    ),
    "tratamientos": Kind(Service, None, lambda: (_("Tratamientos"), _("Nuevo tratamiento")), "category"),
}
OWN_PAGES = {"profesionales": "catalog:practitioner", "tratamientos": "catalog:service"}


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise Http404
    return KINDS[name]


@require_safe
@right("configuration.edit")
def index(request: HttpRequest, kind: str) -> HttpResponse:
    shown = _kind(kind)
    found = shown.model.objects.all()  # type: ignore[attr-defined]
    if shown.detail in ("branch", "category"):
        found = found.select_related(shown.detail)
    typed = request.GET.get("q", "").strip()[:80]
    if typed:
        found = found.filter(name__icontains=typed)
    title, new = shown.labels()
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [
        {
            "id": row.pk,
            "name": str(row),
            "detail": getattr(row, shown.detail, "") or "",
            "is_active": getattr(row, "is_active", True),
        }
        for row in page
    ]
    context = {
        "kind": kind,
        "title": title,
        "new": new,
        "page": page,
        "rows": rows,
        "typed": typed,
        "own_page": OWN_PAGES.get(kind),
    }
    return render(request, "catalog/list.html", context)


@require_http_methods(["GET", "POST"])
@right("configuration.edit")
def edit(request: HttpRequest, kind: str, object_id: int | None = None) -> HttpResponse:
    shown = _kind(kind)
    if shown.form is None:
        return redirect(
            f"{OWN_PAGES[kind]}" if object_id else f"{OWN_PAGES[kind]}_create",
            *([object_id] if object_id else []),
        )
    row = get_object_or_404(shown.model, pk=object_id) if object_id else None
    form = shown.form(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        with tenancy.atomic():
            made = save_form(request, form, shown.model.__name__.lower())
            if isinstance(made, Branch):
                set_opening_hours(made, form.cleaned_data["hours"], by=request.staff.actor(), at=now())
        messages.success(request, saved_words())
        return redirect("catalog:list", kind)
    title, new = shown.labels()
    context = {"form": form, "kind": kind, "title": str(row) if row else new, "back": title}
    return render(request, "catalog/edit.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@right("configuration.edit")
def holidays(request: HttpRequest) -> HttpResponse:
    form = forms.HolidayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        save_form(request, form, "holiday")
        messages.success(request, saved_words())
        return redirect("catalog:holidays")
    branch = Branch.objects.filter(is_active=True).first()
    today = zones.local_date(now(), branch.zone) if branch else now().date()
    public: dict = {}
    if branch:
        for year in (today.year, today.year + 1):
            public |= public_holidays(branch.country, branch.region, year, language())
    coming = sorted(
        (day, name) for day, name in public.items() if today <= day <= today + timedelta(days=366)
    )
    own = Holiday.objects.filter(date__gte=today).select_related("branch")[:200]
    context = {"form": form, "public": coming, "own": own, "branch": branch}
    return render(request, "catalog/holidays.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@right("configuration.edit")
def holiday_remove(request: HttpRequest, object_id: int) -> HttpResponse:
    with tenancy.atomic():
        get_object_or_404(Holiday, pk=object_id).delete()
        record("holiday.removed", "holiday", object_id, by=request.staff.actor(), at=now())
    messages.success(request, _("Día quitado."))
    return redirect("catalog:holidays")
