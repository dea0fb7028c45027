"""The mail log: what was sent, what was not, and sending it again."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from reservo import tenancy
from reservo.core.clock import now
from reservo.notifications import mail, queries
from reservo.staff.access import right

STATES = ("", queries.PROBLEM, "planned", "accepted", "withdrawn")
PAGE_SIZE = 50


@require_safe
@right("mail.see")
@tenancy.may_be_stale
def index(request: HttpRequest) -> HttpResponse:
    state, typed = request.GET.get("estado", ""), request.GET.get("q", "").strip()
    found = queries.deliveries_for(request.staff, state=state, typed=typed)
    context = {
        "page": Paginator(found, PAGE_SIZE).get_page(request.GET.get("page")),
        "state": state,
        "typed": typed,
        "zone": tenancy.current().zone,
        "states": STATES,
        "problems": queries.count_problems(request.staff),
        "may_resend": request.staff.may("mail.resend"),
    }
    return render(request, "notifications/log.html", context)


@require_POST
@right("mail.resend")
def send_again(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """From the log, or from a visit's panel, which shows the answer in the button's place."""
    delivery = queries.delivery_for(request.staff, delivery_id)
    again = mail.send_again(delivery.pk, at=now())
    words = _("Sale otra vez en un momento.") if again else _("Ese correo no necesita reenviarse.")
    if request.headers.get("HX-Request"):
        return HttpResponse(words, content_type="text/plain; charset=utf-8")
    (messages.success if again else messages.info)(request, words)
    return redirect("notifications:log")
