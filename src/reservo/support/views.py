"""The centre's side: who asks to look in, who does, who did."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from reservo import tenancy
from reservo.core.clock import now
from reservo.staff.access import right
from reservo.support import operations, queries


@require_safe
@right("users.edit")
def index(request: HttpRequest) -> HttpResponse:
    at = now()
    context = {
        "waiting": queries.waiting(at).first(),
        "open": queries.open_now(at).first(),
        "history": queries.history(),
        "zone": tenancy.current().zone,
        "at": at,
    }
    return render(request, "support/index.html", context)


@require_POST
@right("users.edit")
def grant(request: HttpRequest, access_id: int) -> HttpResponse:
    sees_patients = request.POST.get("patients") == "1"
    try:
        operations.grant(access_id, sees_patients=sees_patients, by=request.staff.actor(), at=now())
    except operations.NotOpen:
        return _over(request)
    messages.success(request, _("Permitido. Puedes terminarlo cuando quieras."))
    return HttpResponseRedirect(reverse("support:index"))


@require_POST
@right("users.edit")
def deny(request: HttpRequest, access_id: int) -> HttpResponse:
    try:
        operations.deny(access_id, by=request.staff.actor(), at=now())
    except operations.NotOpen:
        return _over(request)
    messages.success(request, _("No entra nadie."))
    return HttpResponseRedirect(reverse("support:index"))


@require_POST
@right("users.edit")
def end(request: HttpRequest, access_id: int) -> HttpResponse:
    try:
        operations.end(access_id, by=request.staff.actor(), at=now())
    except operations.NotOpen:
        return _over(request)
    messages.success(request, _("Terminado: soporte ya no ve tu centro."))
    return HttpResponseRedirect(reverse("support:index"))


def _over(request: HttpRequest) -> HttpResponse:
    messages.info(request, _("Ese pedido ya se respondió o venció."))
    return HttpResponseRedirect(reverse("support:index"))
