"""Centres: listed, made, looked at from outside, given another state."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reservo.console.access import actor_of, operator
from reservo.console.forms.centres import STATES, AdministratorForm, CentreForm, StateForm
from reservo.console.operations import centres
from reservo.console.queries import administrators, backups, moves, trail
from reservo.console.queries import centres as found
from reservo.console.views.pages import show
from reservo.core.clock import now
from reservo.staff.operations import AlreadyStaff
from reservo.tenancy.servers import StoreUnavailable
from reservo.tenants import operations as tenants
from reservo.tenants import stores
from reservo.tenants.models import StateChange

MOST_CHANGES = 10


@require_safe
@operator
def index(request: HttpRequest) -> HttpResponse:
    asked = found.Asked(
        typed=request.GET.get("q", "").strip()[:80],
        state=request.GET.get("estado", ""),
        store=request.GET.get("almacen", ""),
        order=request.GET.get("orden", ""),
        number=request.GET.get("page", "1"),
    )
    at = now()
    page, rows = found.page(asked, at=at)
    context = {"page": page, "rows": rows, "asked": asked, "states": STATES, "stores": stores.listed()}
    return show(request, "console/centres.html", {**context, "observed": found.observed_since(at)})


@require_http_methods(["GET", "HEAD", "POST"])
@operator
def create(request: HttpRequest) -> HttpResponse:
    form = CentreForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _created(request, form):
        return HttpResponseRedirect(f"{reverse('console:centre', args=[form.cleaned_data['slug']])}?nuevo=1")
    status = 422 if request.method == "POST" else 200
    return show(request, "console/centre_create.html", {"form": form}, status=status)


@require_safe
@operator
def centre(request: HttpRequest, slug: str) -> HttpResponse:
    return _shown(request, _row(slug), StateForm(slug=slug, initial={"tell": True}))


@require_safe
@operator
def readiness(request: HttpRequest, slug: str) -> HttpResponse:
    """Asked for again and again while a new centre's invitation is on its way."""
    row = _row(slug)
    context = {"row": row, "invitation": administrators.invitation_of(row.placement.pk)}
    return render(request, "console/_readiness.html", context)


@require_POST
@operator
def state_change(request: HttpRequest, slug: str) -> HttpResponse:
    row = _row(slug)
    form = StateForm(request.POST, slug=slug)
    if not form.is_valid():
        return _shown(request, row, form, status=422)
    given = form.cleaned_data
    try:
        told = centres.change_state(
            slug, given["state"], reason=given["reason"], tell=given["tell"], by=actor_of(request), at=now()
        )
    except tenants.StateContested:
        form.add_error(None, _("Otra persona lo está cambiando en este momento. Inténtalo otra vez."))
    except StoreUnavailable:
        form.add_error(None, _("Su almacén no responde: nada cambió."))
    else:
        messages.success(request, _said(told))
        return HttpResponseRedirect(reverse("console:centre", args=[slug]))
    return _shown(request, row, form, status=422)


@require_POST
@operator
def administrator_invite(request: HttpRequest, slug: str) -> HttpResponse:
    row = _row(slug)
    form = AdministratorForm(request.POST)
    if form.is_valid():
        try:
            centres.invite_administrator(
                row.placement.route(),
                form.cleaned_data["administrator_name"],
                form.cleaned_data["administrator"],
                by=actor_of(request),
                at=now(),
            )
        except centres.HasAdministrator:
            form.add_error(None, _("Ya hay quien administra el centro: que invite esa persona."))
        except AlreadyStaff:
            form.add_error("administrator", _("Esa persona ya es del equipo."))
        except StoreUnavailable:
            form.add_error(None, _("Su almacén no responde: nada cambió."))
        else:
            messages.success(request, _("La invitación va en camino."))
            return HttpResponseRedirect(reverse("console:centre", args=[slug]))
    state_form = StateForm(slug=slug, initial={"tell": True})
    return _shown(request, row, state_form, administrator_form=form, status=422)


@require_POST
@operator
def discard(request: HttpRequest, slug: str) -> HttpResponse:
    if centres.discard_unfinished(slug, by=actor_of(request), at=now()):
        messages.success(request, _("Lo que quedó a medias ya no está; la dirección está libre."))
    else:
        messages.error(request, _("No es un centro a medio crear: nada cambió."))
    return HttpResponseRedirect(reverse("console:centres"))


def _row(slug: str) -> found.Row:
    row = found.row_of(slug, at=now())
    if row is None:
        raise Http404
    return row


def _created(request: HttpRequest, form: CentreForm) -> bool:
    try:
        centres.create(centres.Founding(**form.cleaned_data), by=actor_of(request), at=now())
    except tenants.TenantExists:
        form.add_error("slug", _("Esa dirección ya está tomada."))
    except tenants.BadTenant as bad:
        form.add_error(None, str(bad))
    except (stores.NoRoom, stores.UnknownStore):
        form.add_error("store", _("No queda lugar en ese almacén."))
    except StoreUnavailable:
        form.add_error("store", _("Ese almacén no responde: no se creó nada."))
    else:
        return True
    return False


def _shown(
    request: HttpRequest,
    row: found.Row,
    form: StateForm,
    *,
    administrator_form: AdministratorForm | None = None,
    status: int = 200,
) -> HttpResponse:
    pk = row.placement.pk
    context = {
        "row": row,
        "form": form,
        "administrator_form": administrator_form or AdministratorForm(),
        "invitation": administrators.invitation_of(pk),
        "members": administrators.members_of(pk),
        "is_new": request.GET.get("nuevo") == "1",
        "changes": StateChange.objects.filter(tenant_id=pk).order_by("-pk")[:MOST_CHANGES],
        "lines": trail.of_centre(pk),
        "backups": backups.of_centre(pk),
        "views": moves.of_centre(pk),
    }
    return show(request, "console/centre.html", context, status=status)


def _said(told: int) -> str:
    if not told:
        return _("Estado cambiado.")
    return ngettext(
        "Estado cambiado; se avisa a %(n)d persona.", "Estado cambiado; se avisa a %(n)d personas.", told
    ) % {"n": told}
