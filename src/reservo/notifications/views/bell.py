"""The bell's list."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from reservo.core import text, zones
from reservo.notifications import bell
from reservo.notifications.models import Notice, NoticeMark
from reservo.staff.access import right

SHOWN = 15
TOLD = 3
WORDS = {
    "booked_online": ("world", lambda: _("Reserva en línea")),
    "confirmed_by_patient": ("circle-check", lambda: _("Confirmó")),
    "moved_by_patient": ("calendar-event", lambda: _("Cambió la hora")),
    "cancelled_by_patient": ("calendar-off", lambda: _("Canceló")),
    "arrived": ("door-enter", lambda: _("Llegó")),
}


@require_safe
@right(bell.RIGHT)
def page(request: HttpRequest) -> HttpResponse:
    found = Paginator(bell.notices_for(request.staff), 50).get_page(request.GET.get("page"))
    lines = [line_of(notice, 0, request.LANGUAGE_CODE) for notice in found]
    return render(request, "notifications/bell.html", {"page": found, "lines": lines})


@require_safe
@right(bell.RIGHT)
def listing(request: HttpRequest) -> HttpResponse:
    """The newest notices; opening them marks them as seen."""
    seen = NoticeMark.objects.filter(staff_id=request.staff.pk).values_list("seen_id", flat=True).first() or 0
    found = list(bell.notices_for(request.staff)[:SHOWN])
    if found and found[0].pk > seen:
        bell.mark_seen(request.staff.pk, found[0].pk)
    lines = [line_of(notice, seen, request.LANGUAGE_CODE) for notice in found]
    return render(request, "notifications/_list.html", {"lines": lines})


@require_safe
@right(bell.RIGHT)
def news(request: HttpRequest) -> HttpResponse:
    """How many are unseen, and the newest after the notice that the browser knows, in a line each."""
    after = request.GET.get("after", "")
    number = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0
    found = list(bell.notices_for(request.staff).filter(pk__gt=number)[:TOLD])
    lines = [_said(notice, request.LANGUAGE_CODE) for notice in reversed(found)]
    return JsonResponse({"unseen": bell.count_unseen(request.staff), "lines": lines})


def _said(notice: Notice, language: str) -> dict[str, Any]:
    line = line_of(notice, 0, language)
    words = (line["label"], line["patient"], line["when"])
    return {"id": notice.pk, "text": " · ".join(word for word in words if word)}


def line_of(notice: Notice, seen: int, language: str) -> dict[str, Any]:
    drawing, label = WORDS.get(notice.kind, ("bell", lambda: notice.kind))
    facts = notice.facts
    place = {"dia": facts["date"], "sucursal": notice.branch_id, "cita": notice.appointment_id}
    start = zones.local(datetime.fromisoformat(facts["starts_at"]), facts["zone"])
    return {
        "icon": drawing,
        "label": label(),
        "patient": facts.get("patient", ""),
        "service": facts.get("service", ""),
        "when": text.day_and_clock(start, language),
        "at": notice.at,
        "zone": facts["zone"],
        "is_new": notice.pk > seen,
        "url": reverse("agenda:index") + "?" + urlencode(place),
    }
