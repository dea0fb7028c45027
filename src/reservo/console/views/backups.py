"""Backups with their verdict, and what is given back from them."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from reservo.console.access import actor_of, operator
from reservo.console.forms.centres import ReasonForm
from reservo.console.forms.fleet import AsNewForm, TypedForm
from reservo.console.operations import backups
from reservo.console.queries import backups as found
from reservo.console.queries.work import OWN
from reservo.console.views.pages import show
from reservo.core.clock import now
from reservo.fleet import orders
from reservo.fleet.backups import restoring
from reservo.fleet.models import Backup, Restore
from reservo.tenants.operations import TenantExists, UnknownTenant


@require_safe
@operator
def index(request: HttpRequest) -> HttpResponse:
    asked = found.Asked(
        slug=request.GET.get("centro", "").strip()[:60],
        state=request.GET.get("estado", ""),
        number=request.GET.get("page", "1"),
    )
    context = {"page": found.page(asked, at=now()), "filters": asked}
    return show(request, "console/backups.html", context)


@require_safe
@operator
def backup(request: HttpRequest, backup_id: int) -> HttpResponse:
    return _shown(request, _of(backup_id))


@require_safe
@operator
def restores(request: HttpRequest) -> HttpResponse:
    return show(
        request, "console/restores.html", {"orders": found.restore_orders(), "restores": found.restores()}
    )


@require_safe
@operator
def restores_now(request: HttpRequest) -> HttpResponse:
    """Asked for again while something is under way."""
    return render(request, "console/_restore_orders.html", {"orders": found.restore_orders(), "now": now()})


@require_POST
@operator
def back_up(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        backups.back_up(slug, by=actor_of(request), at=now())
    except UnknownTenant:
        raise Http404 from None
    messages.success(request, _("El respaldo se toma enseguida."))
    return HttpResponseRedirect(f"{reverse('console:backups')}?centro={slug}")


@require_POST
@operator
def restore(request: HttpRequest, backup_id: int) -> HttpResponse:
    one = _of(backup_id)
    form = TypedForm(request.POST, name=one.slug)
    if form.is_valid():
        try:
            backups.restore(one, reason=form.cleaned_data["reason"], by=actor_of(request), at=now())
        except (backups.NotUsable, UnknownTenant):
            form.add_error(None, _("De este respaldo no se puede restaurar."))
        except orders.AlreadyOrdered:
            form.add_error(
                None, _("Ya hay algo en curso con este centro: espera a que termine, o abandónalo.")
            )
        else:
            return HttpResponseRedirect(reverse("console:restores"))
    return _shown(request, one, restore_form=form, status=422)


@require_POST
@operator
def restore_as_new(request: HttpRequest, backup_id: int) -> HttpResponse:
    one = _of(backup_id)
    form = AsNewForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            backups.restore_as_new(one, given["slug"], store=given["store"], by=actor_of(request), at=now())
        except backups.NotUsable:
            form.add_error(None, _("De este respaldo no se puede restaurar."))
        except (TenantExists, orders.AlreadyOrdered):
            form.add_error("slug", _("Esa dirección ya está tomada."))
        else:
            return HttpResponseRedirect(reverse("console:restores"))
    return _shown(request, one, new_form=form, status=422)


@require_POST
@operator
def undo(request: HttpRequest, restore_id: int) -> HttpResponse:
    one = Restore.objects.filter(pk=restore_id).first()
    if one is None:
        raise Http404
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Falta el motivo: nada cambió."))
        return HttpResponseRedirect(reverse("console:restores"))
    try:
        backups.undo(one, reason=form.cleaned_data["reason"], by=actor_of(request), at=now())
    except (restoring.CannotRestore, orders.AlreadyOrdered):
        messages.error(request, _("Esa restauración no se puede deshacer ahora."))
    return HttpResponseRedirect(reverse("console:restores"))


def _of(backup_id: int) -> Backup:
    one = Backup.objects.filter(pk=backup_id).first()
    if one is None:
        raise Http404
    return one


def _shown(
    request: HttpRequest,
    one: Backup,
    *,
    restore_form: TypedForm | None = None,
    new_form: AsNewForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "backup": one,
        "name": one.slug or OWN,
        "is_gone": found.is_gone(one),
        "restore_form": restore_form or TypedForm(name=one.slug),
        "new_form": new_form or AsNewForm(auto_id="new_%s"),
    }
    return show(request, "console/backup.html", context, status=status)
