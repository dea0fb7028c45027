"""The trail of actions, for those who may read it."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reservo import tenancy
from reservo.audit import trail
from reservo.audit.trail import Search
from reservo.staff.access import right

PAGE_SIZE = 50


@require_safe
@right("audit.see")
@tenancy.may_be_stale
def index(request: HttpRequest) -> HttpResponse:
    typed = request.GET.get("q", "").strip()[:80]
    lines = trail.lines(Search(PAGE_SIZE + 1, typed, _instant(request.GET.get("antes", ""))))
    context = {
        "lines": lines[:PAGE_SIZE],
        "older": lines[PAGE_SIZE - 1].at.isoformat() if len(lines) > PAGE_SIZE else "",
        "typed": typed,
        "zone": tenancy.current().zone,
    }
    return render(request, "staff/audit.html", context)


def _instant(typed: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(typed)
    except ValueError:
        return None
    return at if at.tzinfo else None
