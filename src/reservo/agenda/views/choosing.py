"""Which branch, day and people the agenda shows, from the address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from reservo.catalog import queries as catalog
from reservo.catalog.models import Branch, OpeningPeriod, Practitioner, Room
from reservo.core import zones
from reservo.core.clock import now
from reservo.ui.templatetags.ui import STATES

FURTHEST_DAYS = 5 * 366
VIEWS = ("dia", "semana")


@dataclass(frozen=True, slots=True)
class Chosen:
    branch: Branch
    branches: list[Branch]
    practitioners: list[Practitioner]
    rooms: list[Room]
    practitioner_id: int | None
    day: date
    view: str
    by_room: bool


def branches_for(staff: Any) -> list[Branch]:
    allowed = staff.branch_ids()
    return [branch for branch in catalog.branches() if allowed is None or branch.pk in allowed]


def branch_of(request: HttpRequest) -> Branch | None:
    """The branch asked for, if this person may see it; else their first."""
    found = branches_for(request.staff)
    asked = number(request.GET.get("sucursal", ""))
    return next((branch for branch in found if branch.pk == asked), found[0] if found else None)


def chosen(request: HttpRequest) -> Chosen | None:
    branch = branch_of(request)
    if branch is None:
        return None
    staff = request.staff
    people = list(catalog.practitioners(branch.pk))
    if staff.only_own("agenda.see"):
        people = [person for person in people if person.pk == staff.practitioner_id]
    asked = number(request.GET.get("profesional", ""))
    return Chosen(
        branch=branch,
        branches=branches_for(staff),
        practitioners=people,
        rooms=list(catalog.rooms(branch.pk)),
        practitioner_id=asked if any(person.pk == asked for person in people) else None,
        day=day_of(request.GET.get("dia", ""), branch.zone),
        view=request.GET.get("vista", "dia") if request.GET.get("vista") in VIEWS else "dia",
        by_room=request.GET.get("por") == "box",
    )


def day_of(typed: str, zone: str) -> date:
    """The date, within five years of today; today if it is none."""
    today = zones.local_date(now(), zone)
    try:
        asked = date.fromisoformat(typed[:10])
    except ValueError:
        return today
    return asked if abs((asked - today).days) < FURTHEST_DAYS else today


def number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 18 else None


def calendar_config(request: HttpRequest, shown: Chosen) -> dict[str, Any]:
    """What the script needs to draw the grid."""
    first, last = _slots(shown.branch)
    staff = request.staff
    return {
        "language": (get_language() or "es")[:2],
        "branch": shown.branch.pk,
        "day": shown.day.isoformat(),
        "today": zones.local_date(now(), shown.branch.zone).isoformat(),
        "offset": offset_text(shown.day, shown.branch.zone),
        "view": shown.view,
        "byRoom": shown.by_room,
        "practitioner": shown.practitioner_id,
        "first": first,
        "last": last,
        "practitioners": [{"id": p.pk, "name": p.name, "colour": p.colour} for p in shown.practitioners],
        "rooms": [{"id": room.pk, "name": room.name, "colour": "#64748b"} for room in shown.rooms],
        "states": {name: {"label": str(label), "icon": drawing} for name, (label, drawing) in STATES.items()},
        "may": {"edit": "agenda.edit" in staff.extents, "block": "agenda.block" in staff.extents},
        "urls": {
            "feed": reverse("agenda:feed"),
            "days": reverse("agenda:days"),
            "create": reverse("agenda:create"),
            "block": reverse("agenda:block_create"),
            "panel": reverse("agenda:panel", args=[0]),
            "move": reverse("agenda:move", args=[0]),
            "blockPanel": reverse("agenda:block", args=[0]),
        },
        "words": {
            "tell": _("¿Avisar al paciente del cambio?"),
            "held": _("Reservando en línea hasta las"),
            "closed": _("Cerrado"),
            "failed": _("No se pudo guardar. Revisa tu conexión e inténtalo de nuevo."),
            "moved": _("Cita movida."),
        },
    }


def _slots(branch: Branch) -> tuple[str, str]:
    """Hours the grid shows: an hour around the branch's week."""
    minutes = list(OpeningPeriod.objects.filter(branch=branch).values_list("starts_minute", "ends_minute"))
    first = max(min((start for start, _ in minutes), default=8 * 60) - 60, 0) // 60
    last = min(-(-max((end for _, end in minutes), default=20 * 60) // 60) + 1, 24)
    return f"{first:02d}:00", f"{last:02d}:00"


def offset_text(day: date, zone: str) -> str:
    noon = zones.day_bounds(day, zone)[0] + timedelta(hours=12)
    text = zones.local(noon, zone).strftime("%z")
    return f"{text[:3]}:{text[3:5]}"
