"""The mail log: what was sent, what was not, and sending it again."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from reservo import tenancy
from reservo.core.clock import now
from reservo.notifications import mail, queries
from reservo.notifications.models import Delivery
from reservo.staff.access import right


@require_safe
@right("mail.see")
def index(request: HttpRequest) -> HttpResponse:
    state, typed = request.GET.get("estado", ""), request.GET.get("q", "").strip()
    found = queries.deliveries(state=state, typed=typed)
    context = {
        "page": Paginator(found, 50).get_page(request.GET.get("page")),
        "state": state,
        "typed": typed,
        "zone": tenancy.current().zone,
        "states": ("", "problem", "planned", "accepted", "withdrawn"),
        "may_resend": request.staff.may("mail.resend"),
        "resendable": queries.NEEDS_A_LOOK,
    }
    return render(request, "notifications/log.html", context)


@require_POST
@right("mail.resend")
def send_again(request: HttpRequest, delivery_id: int) -> HttpResponse:
    get_object_or_404(Delivery, pk=delivery_id)
    if mail.send_again(delivery_id, at=now()):
        messages.success(request, _("Sale otra vez en un momento."))
    else:
        messages.info(request, _("Ese correo no necesita reenviarse."))
    return redirect("notifications:log")
