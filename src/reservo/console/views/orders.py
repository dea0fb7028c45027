"""Orders: what waits for a second person, what is under way, how it ended; and what is destroyed by one."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reservo.console import reasons
from reservo.console.access import actor_of, operator
from reservo.console.forms.fleet import TypedForm
from reservo.console.models import Operator
from reservo.console.operations import destruction, operators
from reservo.console.views.pages import show
from reservo.core.clock import now
from reservo.fleet import orders
from reservo.fleet.models import Backup, Order
from reservo.fleet.orders import endings
from reservo.tenancy.models import Placement, Store
from reservo.tenants import stores
from reservo.tenants.operations import UnknownTenant

PAGE_SIZE = 50


@require_safe
@operator
def index(request: HttpRequest) -> HttpResponse:
    ended = Order.objects.filter(open_for=None).order_by("-pk")
    context = {
        "open": Order.objects.exclude(open_for=None).order_by("not_before", "pk"),
        "page": Paginator(ended, PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return show(request, "console/orders.html", context)


@require_safe
@operator
def open_now(request: HttpRequest) -> HttpResponse:
    """Asked for again while something is under way."""
    context = {"open": Order.objects.exclude(open_for=None).order_by("not_before", "pk")}
    return render(request, "console/_orders.html", {**context, "operator": request.operator, "now": now()})


@require_http_methods(["GET", "HEAD", "POST"])
@operator
def approve(request: HttpRequest, order_id: int) -> HttpResponse:
    """The second person reads what it is and types its name."""
    order, by = _of(order_id), request.operator
    form, refusal = TypedForm(request.POST or None, name=order.name, with_reason=False), _why_not(order, by)
    if request.method == "POST" and not refusal and form.is_valid():
        try:
            destruction.approve(order, by=actor_of(request), at=now())
        except (orders.SamePerson, operators.Newcomer, orders.NotOpen):
            order = _of(order_id)
            refusal = _why_not(order, by)
        else:
            messages.success(request, _("Aceptado: se hace enseguida."))
            return HttpResponseRedirect(reverse("console:orders"))
    context = {"order": order, "form": form, "refusal": refusal}
    status = 422 if request.method == "POST" else 200
    return show(request, "console/order_approve.html", context, status=status)


@require_POST
@operator
def cancel(request: HttpRequest, order_id: int) -> HttpResponse:
    try:
        destruction.cancel(_of(order_id), by=actor_of(request), at=now())
    except orders.NotOpen:
        messages.error(request, _("Ya no espera: se hizo, se anuló o se está haciendo."))
    else:
        messages.success(request, _("Anulado: no se hace nada."))
    return HttpResponseRedirect(reverse("console:orders"))


@require_http_methods(["GET", "HEAD", "POST"])
@operator
def destroy_centre(request: HttpRequest, slug: str) -> HttpResponse:
    if not Placement.objects.filter(slug=slug).exists():
        raise Http404
    return _destroy(request, slug, slug, destruction.destroy_centre)


@require_http_methods(["GET", "HEAD", "POST"])
@operator
def destroy_store(request: HttpRequest, name: str) -> HttpResponse:
    if not Store.objects.filter(name=name).exists():
        raise Http404
    return _destroy(request, name, name, destruction.destroy_store)


@require_http_methods(["GET", "HEAD", "POST"])
@operator
def destroy_backup(request: HttpRequest, backup_id: int) -> HttpResponse:
    backup = Backup.objects.filter(pk=backup_id).first()
    if backup is None:
        raise Http404
    return _destroy(request, backup, destruction.called(backup), destruction.destroy_backup)


def _destroy(request: HttpRequest, thing: object, name: str, ask: object) -> HttpResponse:
    form = TypedForm(request.POST or None, name=name)
    if request.method == "POST" and form.is_valid():
        try:
            ask(thing, reason=form.cleaned_data["reason"], by=actor_of(request), at=now())  # type: ignore[operator]
        except REFUSALS as refused:
            form.add_error(None, _said(refused, name))
        else:
            messages.success(request, _("Pedido: se hace cuando lo acepte otra persona, o en un día."))
            return HttpResponseRedirect(reverse("console:orders"))
    status = 422 if request.method == "POST" else 200
    return show(request, "console/destroy.html", {"name": name, "form": form}, status=status)


REFUSALS = (
    endings.NotDisabled,
    endings.StillNeeded,
    destruction.NothingThere,
    orders.AlreadyOrdered,
    stores.StoreInUse,
    UnknownTenant,
)


def _said(refused: Exception, name: str) -> str:
    if isinstance(refused, endings.NotDisabled):
        return _("Primero deshabilita el centro: así nadie trabaja en él cuando se destruya.")
    if isinstance(refused, stores.StoreInUse):
        return _("Todavía viven centros ahí: trasládalos antes.")
    if isinstance(refused, orders.AlreadyOrdered):
        return _("Ya hay algo en curso con esto: espera a que termine, o anúlalo.")
    if isinstance(refused, destruction.NothingThere):
        return _("Ese respaldo ya no está en ningún lugar.")
    if isinstance(refused, endings.StillNeeded):
        return reasons.why(refused, centre=name)
    return str(refused)


def _why_not(order: Order, by: Operator) -> str:
    """Why this operator cannot be the second person of it; empty if they can."""
    if order.state != Order.State.WAITING or order.approved_by or not order.needs_second:
        return _("Ya no espera: se hizo, se anuló o se está haciendo.")
    if order.asked_by_id == by.pk:
        return _("Lo pediste tú: tiene que aceptarlo otra persona.")
    try:
        operators.refuse_newcomer(by.pk, at=now())
    except operators.Newcomer:
        return _("Tu acceso se dio desde la consola hace menos de un día: tiene que aceptarlo otra persona.")
    return ""


def _of(order_id: int) -> Order:
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        raise Http404
    return order
