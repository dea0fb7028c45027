"""Branches, rooms, kinds, categories: a list and a form each; what can be removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import models
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reservo import tenancy
from reservo.audit.operations import record
from reservo.catalog import forms, queries
from reservo.catalog.forms.fields import language
from reservo.catalog.models import Branch, Practitioner, Room, RoomKind, Service, ServiceCategory
from reservo.catalog.operations import pictures
from reservo.catalog.operations.hours import set_opening_hours, set_room_hours
from reservo.catalog.outside import visits_outside
from reservo.catalog.views.saving import posted, save_form, saved, say_left_outside, status_of
from reservo.core import money, zones
from reservo.core.clock import now
from reservo.staff.access import right

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Kind:
    model: type[models.Model]
    form: type[django_forms.ModelForm] | None
    labels: Any
    detail: Callable[[Any, str], str] = lambda row, currency: ""
    related: tuple[str, ...] = ()


def _joined(*parts: object) -> str:
    return " · ".join(str(part) for part in parts if part)


def _service(row: Service, currency: str) -> str:
    price = money.format_minor(row.price_minor, currency) if row.price_minor else ""
    return _joined(f"{row.duration_minutes} min", price, row.category)


KINDS: dict[str, Kind] = {
    "sucursales": Kind(
        Branch,
        forms.BranchForm,
        lambda: (_("Sucursales"), _("Nueva sucursal")),
        lambda row, currency: _joined(row.address, row.city, zones.zone_label(row.zone, language())),
    ),
    "boxes": Kind(
        Room,
        forms.RoomForm,
        lambda: (_("Boxes"), _("Nuevo box")),
        lambda row, currency: _joined(row.branch, row.kind),
        ("branch", "kind"),
    ),
    "tipos-de-box": Kind(RoomKind, forms.RoomKindForm, lambda: (_("Tipos de box"), _("Nuevo tipo de box"))),
    "categorias": Kind(ServiceCategory, forms.CategoryForm, lambda: (_("Categorías"), _("Nueva categoría"))),
    "profesionales": Kind(
        Practitioner,
        None,
        lambda: (_("Profesionales"), _("Nuevo profesional")),
        lambda row, currency: row.speciality,
    ),
    "tratamientos": Kind(
        Service, None, lambda: (_("Tratamientos"), _("Nuevo tratamiento")), _service, ("category",)
    ),
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
    if shown.related:
        found = found.select_related(*shown.related)
    typed = request.GET.get("q", "").strip()[:80]
    if typed:
        found = found.filter(name__icontains=typed)
    title, new = shown.labels()
    only_active = request.GET.get("estado") == "en-uso"
    if only_active and hasattr(shown.model, "is_active"):
        found = found.filter(is_active=True)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    currency = queries.centre().currency
    rows = [
        {
            "id": row.pk,
            "name": str(row),
            "detail": shown.detail(row, currency),
            "person": row if isinstance(row, Practitioner) else None,
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
        "only_active": only_active,
        "has_state": hasattr(shown.model, "is_active"),
    }
    return render(request, "catalog/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@right("configuration.edit")
def edit(request: HttpRequest, kind: str, object_id: int | None = None) -> HttpResponse:
    shown = _kind(kind)
    if shown.form is None:
        return redirect(
            f"{OWN_PAGES[kind]}" if object_id else f"{OWN_PAGES[kind]}_create",
            *([object_id] if object_id else []),
        )
    row = get_object_or_404(shown.model, pk=object_id) if object_id is not None else None
    title, new = shown.labels()
    context = {"kind": kind, "title": str(row) if row else new, "back": title, "row": row}
    with tenancy.atomic():
        form = shown.form(posted(request), instance=row)
        if request.method == "POST" and form.is_valid():
            _save(request, form)
            return saved(request, "catalog:list", kind)
    return render(request, "catalog/edit.html", {**context, "form": form}, status=status_of(request))


def _save(request: HttpRequest, form: django_forms.ModelForm) -> None:
    by, at = request.staff.actor(), now()
    made = save_form(request, form, form.instance._meta.model_name)
    if isinstance(made, Branch):
        set_opening_hours(made, form.cleaned_data["hours"], by=by, at=at)
        say_left_outside(request, visits_outside(at, branch_id=made.pk))
    elif isinstance(made, Room):
        set_room_hours(made, form.cleaned_data["hours"], by=by, at=at)


@require_POST
@right("configuration.edit")
def remove(request: HttpRequest, kind: str, object_id: int) -> HttpResponse:
    """Take away what was never used; what was used stays, and can be put out of use."""
    shown = _kind(kind)
    row = get_object_or_404(shown.model, pk=object_id)
    try:
        with tenancy.atomic():
            if (
                isinstance(row, Branch)
                and not Branch.objects.filter(is_active=True).exclude(pk=row.pk).exists()
            ):
                raise ProtectedError("last", {row})
            row.delete()
            if isinstance(row, Practitioner):
                pictures.drop(row.photo)
            thing, details = row._meta.model_name, {"name": str(row)}
            by, at = request.staff.actor(), now()
            record(f"{thing}.removed", thing, object_id, by=by, at=at, details=details)
    except ProtectedError:
        messages.error(
            request, _("«%(name)s» está en uso y no se puede eliminar.") % {"name": row} + _hint(row)
        )
        return redirect(
            OWN_PAGES.get(kind) or "catalog:edit", *([] if kind in OWN_PAGES else [kind]), object_id
        )
    messages.success(request, _("«%(name)s» se eliminó.") % {"name": row})
    return redirect("catalog:list", kind)


def _hint(row: models.Model) -> str:
    if not hasattr(row, "is_active"):
        return ""
    return " " + _("Para que deje de ofrecerse sin perder su historia, desmárcalo y guarda.")
