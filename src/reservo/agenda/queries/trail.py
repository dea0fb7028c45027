"""Changes of visits as lines of the centre's trail."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from reservo.agenda.models import AppointmentChange
from reservo.audit.trail import Line, Search
from reservo.staff.trail import CHANNELS, MOST_SEARCHED
from reservo.ui.templatetags.ui import STATES

DEEDS = {
    "created": _("creó"),
    "imported": _("trajo de otro sistema"),
    "moved": _("movió"),
    "resized": _("cambió la duración"),
    "edited": _("cambió"),
    "undone": _("deshizo un cambio"),
}


def changes(search: Search) -> list[Line]:
    found = AppointmentChange.objects.select_related("appointment").order_by("-id")
    if search.before:
        found = found.filter(at__lt=search.before)
    if search.typed:
        newest = AppointmentChange.objects.order_by("-id").values_list("pk", flat=True).first() or 0
        found = found.filter(pk__gt=newest - MOST_SEARCHED, actor_name__icontains=search.typed)
    return [_line(change) for change in found[: search.limit]]


def _line(change: AppointmentChange) -> Line:
    visit = change.appointment
    place = {"dia": visit.local_date, "sucursal": visit.branch_id, "cita": visit.pk}
    state = change.after.get("state") if change.action == "state" else None
    what = f"→ {STATES[state][0]}" if state in STATES else str(DEEDS.get(change.action, change.action))
    return Line(
        at=change.at,
        who=change.actor_name,
        channel=str(CHANNELS.get(change.channel, change.channel)),
        what=what,
        about=str(_("Cita n.º %(number)d") % {"number": visit.number}),
        url=f"{reverse('agenda:index')}?{urlencode(place)}",
    )
