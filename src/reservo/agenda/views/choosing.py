"""Which branch, day and people the agenda shows, from the address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from reservo.agenda.queries.grid import GREY
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
    room_id: int | None
    day: date
    view: str
    by_room: bool

    @property
    def previous_day(self) -> date:
        return self.day - timedelta(days=self._step)

    @property
    def next_day(self) -> date:
        return self.day + timedelta(days=self._step)

    @property
    def _step(self) -> int:
        return 7 if self.view == "semana" else 1


def branch_of(request: HttpRequest) -> Branch | None:
    """The branch asked for or last looked at, if this person may see it; else their first."""
    found = catalog.branches_of(request.staff)
    asked = number(request.GET.get("sucursal", "") or request.COOKIES.get("reservo_branch", ""))
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
    rooms = list(catalog.rooms(branch.pk))
    asked_room = number(request.GET.get("box", ""))
    return Chosen(
        branch=branch,
        branches=catalog.branches_of(staff),
        practitioners=people,
        rooms=rooms,
        practitioner_id=asked if any(person.pk == asked for person in people) else None,
        room_id=asked_room if any(room.pk == asked_room for room in rooms) else None,
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
    first, last, opens = _slots(shown.branch)
    staff = request.staff
    return {
        "language": (get_language() or "es")[:2],
        "branch": shown.branch.pk,
        "day": shown.day.isoformat(),
        "now": f"{zones.local(now(), shown.branch.zone):%Y-%m-%dT%H:%M:%S}",
        "bookFor": number(request.GET.get("paciente", "")),
        "opened": number(request.GET.get("cita", "")),
        "view": shown.view,
        "byRoom": shown.by_room,
        "practitioner": shown.practitioner_id,
        "room": shown.room_id,
        "first": first,
        "last": last,
        "opens": opens,
        "practitioners": [
            {"id": p.pk, "name": p.name, "colour": p.colour, "photo": catalog.photo_address(p.photo)}
            for p in shown.practitioners
        ],
        "rooms": [{"id": room.pk, "name": room.name, "colour": GREY} for room in shown.rooms],
        "states": {name: {"label": str(label), "icon": drawing} for name, (label, drawing) in STATES.items()},
        "may": {name: f"agenda.{name}" in staff.extents for name in ("edit", "block")},
        "urls": {
            "feed": reverse("agenda:feed"),
            "days": reverse("agenda:days"),
            "create": reverse("agenda:create"),
            "block": reverse("agenda:block_create"),
            "panel": reverse("agenda:panel", args=[0]),
            "move": reverse("agenda:move", args=[0]),
            "blockPanel": reverse("agenda:block", args=[0]),
            "list": reverse("agenda:list"),
        },
        "words": {
            "held": _("Reservando en línea hasta las"),
            "failed": _("No se pudo guardar. Revisa tu conexión e inténtalo de nuevo."),
            "unread": _("No se pudo leer la agenda. Lo que ves puede estar atrasado."),
            "unknown": _("No se pudo leer la agenda. Aquí puede haber citas que no se ven."),
            "moved": _("Cita movida."),
            "resized": _("Duración cambiada."),
            "undo": _("Deshacer"),
            "nobody": _("Sin %(who)s") % {"who": catalog.called(catalog.centre_of(request)).one},
            "everybody": _("Todos"),
            "visit": _("cita"),
            "visits": _("citas"),
            "inTheWay": _("Choca con"),
            "against": _("Hay más de un reparo:"),
        },
    }


def _slots(branch: Branch) -> tuple[str, str, str]:
    """Hours the grid shows, an hour around the branch's week, and when it opens."""
    minutes = list(
        OpeningPeriod.objects.filter(branch=branch, room=None).values_list("starts_minute", "ends_minute")
    )
    opens = min((start for start, _ in minutes), default=9 * 60)
    closes = max((end for _, end in minutes), default=20 * 60)
    first = max(opens - 60, 0) // 60
    last = min(-(-closes // 60) + 1, 24)
    return f"{first:02d}:00", f"{last:02d}:00", f"{opens // 60:02d}:{opens % 60:02d}:00"


def zone_words(day: date, zone: str) -> str:
    """`hora de Punta Arenas, UTC−3`, on that day."""
    noon = zones.day_bounds(day, zone)[0] + timedelta(hours=12)
    return _("hora de %(zone)s, %(offset)s") % {
        "zone": zones.zone_label(zone, (get_language() or "es")[:2]),
        "offset": zones.offset_label(noon, zone),
    }
