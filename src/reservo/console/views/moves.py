"""Moves: planned in sight, followed live, given up or gone on with."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reservo.console import reasons
from reservo.console.access import actor_of, operator
from reservo.console.forms.centres import ReasonForm
from reservo.console.operations import moves
from reservo.console.queries import centres
from reservo.console.queries import moves as found
from reservo.console.queries import stores as rooms
from reservo.console.views.pages import show
from reservo.core.clock import now
from reservo.fleet import moves as moving
from reservo.fleet import orders
from reservo.tenancy.servers import StoreUnavailable
from reservo.tenants import stores

REFUSALS = (
    moving.CannotMove,
    moving.AlreadyMoving,
    orders.AlreadyOrdered,
    stores.UnknownStore,
    StoreUnavailable,
)


@require_safe
@operator
def index(request: HttpRequest) -> HttpResponse:
    return show(request, "console/moves.html", {"views": found.listed()})


@require_safe
@operator
def move(request: HttpRequest, move_id: int) -> HttpResponse:
    return show(request, "console/move.html", {"view": _view(move_id), "form": ReasonForm()})


@require_safe
@operator
def progress(request: HttpRequest, move_id: int) -> HttpResponse:
    return render(request, "console/_move.html", {"view": _view(move_id), "now": now()})


@require_http_methods(["GET", "HEAD", "POST"])
@operator
def prepare(request: HttpRequest, slug: str) -> HttpResponse:
    """Where to; then what it would copy, nothing being done; then the order."""
    row = centres.row_of(slug, at=now())
    if row is None:
        raise Http404
    target = request.POST.get("a") or request.GET.get("a", "")
    form = ReasonForm(request.POST or None)
    context = {"row": row, "stores": rooms.listed(), "target": target, "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            begun = moves.start(
                slug, target, reason=form.cleaned_data["reason"], by=actor_of(request), at=now()
            )
        except REFUSALS as refused:
            form.add_error(None, _said(refused))
        else:
            return HttpResponseRedirect(reverse("console:move", args=[begun.pk]))
    if target:
        context |= _plan(slug, target)
    status = 422 if request.method == "POST" else 200
    return show(request, "console/move_prepare.html", context, status=status)


@require_POST
@operator
def resume(request: HttpRequest, move_id: int) -> HttpResponse:
    view = _view(move_id)
    try:
        moves.resume(view.move, by=actor_of(request), at=now())
    except (moving.NoSuchMove, orders.AlreadyOrdered):
        messages.error(request, _("Ese traslado no se puede seguir ahora."))
    return HttpResponseRedirect(reverse("console:move", args=[move_id]))


@require_POST
@operator
def abort(request: HttpRequest, move_id: int) -> HttpResponse:
    view, form = _view(move_id), ReasonForm(request.POST)
    if not form.is_valid():
        return show(request, "console/move.html", {"view": view, "form": form}, status=422)
    try:
        moves.abort(view.move, reason=form.cleaned_data["reason"], by=actor_of(request), at=now())
    except (moving.NoSuchMove, orders.AlreadyOrdered, orders.NotOpen):
        messages.error(request, _("Ese traslado ya no se puede abandonar."))
    else:
        messages.success(request, _("Se abandona: el centro sigue donde está."))
    return HttpResponseRedirect(reverse("console:move", args=[move_id]))


def _view(move_id: int) -> found.View:
    view = found.view_of(move_id)
    if view is None:
        raise Http404
    return view


def _plan(slug: str, target: str) -> dict[str, object]:
    try:
        plan = moving.preview(slug, target)
    except REFUSALS as refused:
        return {"refusal": _said(refused)}
    tables = sorted(plan.rows.items(), key=lambda one: -one[1])
    return {"plan": plan, "total": sum(plan.rows.values()), "tables": [one for one in tables if one[1]][:12]}


def _said(refused: Exception) -> str:
    if isinstance(refused, (moving.AlreadyMoving, orders.AlreadyOrdered)):
        return _("Ya hay algo en curso con este centro: espera a que termine, o abandónalo.")
    if isinstance(refused, StoreUnavailable):
        return _("Su almacén no responde: nada cambió.")
    if isinstance(refused, moving.CannotMove):
        return reasons.why(refused)
    return _("Ese almacén no existe.")
