"""The grid's data as JSON."""

from __future__ import annotations

from datetime import timedelta

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from reservo.agenda.queries import grid
from reservo.agenda.queries.grid import Range
from reservo.agenda.views import choosing
from reservo.catalog import queries as catalog
from reservo.catalog.closed_days import closed_dates
from reservo.core.clock import now
from reservo.staff.access import right

MOST_DAYS = 42


@require_safe
@right("agenda.see")
def events(request: HttpRequest) -> HttpResponse:
    """Visits, blocks, holds and closed hours of a branch between two local dates."""
    branch = choosing.branch_of(request)
    if branch is None:
        return _json({"visits": []})
    staff = request.staff
    first = choosing.day_of(request.GET.get("desde", ""), branch.zone)
    last = min(choosing.day_of(request.GET.get("hasta", ""), branch.zone), first + timedelta(days=MOST_DAYS))
    own = staff.practitioner_id or 0 if staff.only_own("agenda.see") else None
    asked = choosing.number(request.GET.get("profesional", "")) or None
    practitioner_id = own if own is not None else asked
    shown = Range(branch, first, max(last, first), practitioner_id, request.GET.get("suspendidas") == "1")
    everybody = list(catalog.practitioners(branch.pk).values_list("pk", flat=True))
    people = [pk for pk in everybody if practitioner_id in (None, pk)]
    every_room = list(catalog.rooms(branch.pk).values_list("pk", flat=True))
    rooms = every_room if practitioner_id is None else []
    return _json(
        {
            "visits": grid.visits(shown),
            "blocks": grid.blocks(shown),
            "holds": grid.holds(shown, at=now()),
            **grid.closed(shown, people, rooms),
            **(grid.others(shown, everybody, every_room) if own is None else {}),
        }
    )


@require_safe
@right("agenda.see")
def days(request: HttpRequest) -> HttpResponse:
    """The strip of days around one: how many visits each has, which are closed."""
    branch = choosing.branch_of(request)
    if branch is None:
        return _json({"days": []})
    day = choosing.day_of(request.GET.get("dia", ""), branch.zone)
    monday, _ = grid.week_of(day)
    first, last = monday - timedelta(days=7), monday + timedelta(days=13)
    staff = request.staff
    own = staff.practitioner_id or 0 if staff.only_own("agenda.see") else None
    loads = grid.day_loads(branch, first, last, own)
    names = closed_dates(branch, first, last, (get_language() or "es")[:2])
    most = max(loads.values(), default=1)
    return _json(
        {
            "zone": choosing.zone_words(day, branch.zone),
            "days": [
                {
                    "date": one.isoformat(),
                    "count": loads.get(one, 0),
                    "load": round(100 * loads.get(one, 0) / most),
                    "closed": names.get(one, ""),
                }
                for one in (first + timedelta(days=n) for n in range((last - first).days + 1))
            ],
        }
    )


def _json(content: object) -> HttpResponse:
    return HttpResponse(orjson.dumps(content), content_type="application/json")
