"""Stores: load and room, check, drain, capacity."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from reservo.console import findings
from reservo.console.access import actor_of, operator
from reservo.console.forms.stores import CapacityForm, DrainForm
from reservo.console.operations import stores
from reservo.console.queries import stores as found
from reservo.console.views.pages import show
from reservo.core.clock import now
from reservo.tenants import stores as placing


@require_safe
@operator
def index(request: HttpRequest) -> HttpResponse:
    return show(request, "console/stores.html", {"rows": found.listed()})


@require_safe
@operator
def store(request: HttpRequest, name: str) -> HttpResponse:
    return _shown(request, _row(name))


@require_POST
@operator
def check(request: HttpRequest, name: str) -> HttpResponse:
    """Asked of the store itself; a dead server is given up on within seconds."""
    row, found_out = _row(name), map(findings.said, placing.check(name))
    return render(request, "console/_findings.html", {"row": row, "findings": list(found_out)})


@require_POST
@operator
def capacity_change(request: HttpRequest, name: str) -> HttpResponse:
    row, form = _row(name), CapacityForm(request.POST)
    if not form.is_valid():
        return _shown(request, row, capacity_form=form, status=422)
    given = form.cleaned_data
    stores.set_capacity(name, given["capacity"], reason=given["reason"], by=actor_of(request), at=now())
    messages.success(request, _("Capacidad cambiada."))
    return HttpResponseRedirect(reverse("console:store", args=[name]))


@require_POST
@operator
def drain(request: HttpRequest, name: str) -> HttpResponse:
    row, form = _row(name), DrainForm(request.POST)
    if not form.is_valid():
        return _shown(request, row, drain_form=form, status=422)
    on = not row.store.is_draining
    stores.drain(name, on=on, reason=form.cleaned_data["reason"], by=actor_of(request), at=now())
    messages.success(request, _("No recibe centros nuevos.") if on else _("Recibe centros nuevos otra vez."))
    return HttpResponseRedirect(reverse("console:store", args=[name]))


def _row(name: str) -> found.Row:
    row = found.row_of(name)
    if row is None:
        raise Http404
    return row


def _shown(
    request: HttpRequest,
    row: found.Row,
    *,
    capacity_form: CapacityForm | None = None,
    drain_form: DrainForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "row": row,
        "capacity_form": capacity_form or CapacityForm(initial={"capacity": row.store.capacity}, prefix=None),
        "drain_form": drain_form or DrainForm(auto_id="drain_%s"),
    }
    return show(request, "console/store.html", context, status=status)
