"""The operator's trail."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from reservo.console.access import operator
from reservo.console.queries import trail
from reservo.console.views.pages import show


@require_safe
@operator
def index(request: HttpRequest) -> HttpResponse:
    asked = trail.Asked(
        who=request.GET.get("quien", "").strip(),
        deed=request.GET.get("que", ""),
        about=request.GET.get("sobre", "").strip(),
        since=_day(request.GET.get("desde", "")),
        until=_day(request.GET.get("hasta", "")),
        number=request.GET.get("page", "1"),
    )
    return show(
        request, "console/trail.html", {"page": trail.page(asked), "asked": asked, "deeds": trail.DEEDS}
    )


def _day(typed: str) -> date | None:
    """What is no date narrows nothing."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
