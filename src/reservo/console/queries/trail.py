"""The operator's trail, newest first, narrowed by who, what, about which, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from reservo import tenancy
from reservo.audit.models import Action

PAGE_SIZE = 50
DEEDS = {
    "centre.created": _("creó el centro"),
    "centre.state": _("cambió el estado"),
    "centre.administrator": _("invitó a quien administra"),
    "centre.discarded": _("quitó lo que quedó a medias"),
    "move.started": _("empezó un traslado"),
    "move.resumed": _("siguió con un traslado"),
    "move.aborted": _("abandonó un traslado"),
    "backup.asked": _("pidió un respaldo"),
    "restore.ordered": _("ordenó restaurar el centro"),
    "restore.new": _("ordenó un centro nuevo de un respaldo"),
    "restore.undone": _("ordenó deshacer una restauración"),
    "support.asked": _("pidió ver el centro"),
    "support.entered": _("entró al centro"),
    "support.viewed": _("vio una página del centro"),
    "support.ended": _("terminó de ver el centro"),
    "destroy.asked": _("pidió destruir"),
    "destroy.approved": _("aceptó destruir"),
    "order.cancelled": _("anuló un encargo"),
    "store.capacity": _("cambió la capacidad"),
    "store.drained": _("cerró a centros nuevos"),
    "store.opened": _("abrió a centros nuevos"),
    "jobs.revived": _("intentó de nuevo trabajos"),
    "mails.resent": _("envió otra vez correos"),
    "operator.invited": _("invitó a un operador"),
    "operator.joined": _("aceptó la invitación"),
    "operator.reset": _("anuló los accesos de un operador"),
    "operator.disabled": _("quitó el acceso a un operador"),
    "session.opened": _("entró"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    who: str = ""
    deed: str = ""
    about: str = ""
    since: date | None = None
    until: date | None = None
    number: str = "1"


@dataclass(frozen=True, slots=True)
class Line:
    action: Action

    @property
    def deed(self) -> str:
        return str(DEEDS.get(self.action.action, self.action.action))

    @property
    def about(self) -> str:
        return str(self.action.details.get("name", ""))

    @property
    def change(self) -> list[str]:
        """From what, to what, or what there is of it."""
        parts = [str(self.action.details.get(name, "")) for name in ("from", "to")]
        return [part for part in parts if part]

    @property
    def reason(self) -> str:
        return str(self.action.details.get("reason", ""))


def page(asked: Asked) -> Page:
    with tenancy.control():
        found = Paginator(_found(asked), PAGE_SIZE).get_page(asked.number)
        found.object_list = [Line(action) for action in found.object_list]
    return found


def of_centre(tenant_id: int, most: int = 20) -> list[Line]:
    with tenancy.control():
        rows = Action.objects.filter(object_kind="centre", object_id=str(tenant_id)).order_by("-at", "-id")
        return [Line(action) for action in rows[:most]]


def _found(asked: Asked) -> QuerySet[Action]:
    found = Action.objects.order_by("-at", "-id")
    if asked.who:
        who = asked.who[:80]
        found = found.alias(small=Lower("actor_name"))  # where capitals are letters of their own
        found = found.filter(Q(actor_name__icontains=who) | Q(small__contains=who.lower()))
    if asked.deed in DEEDS:
        found = found.filter(action=asked.deed)
    if asked.about:
        found = found.filter(details__name__icontains=asked.about[:254])
    if asked.since:
        found = found.filter(at__gte=_midnight(asked.since))
    if asked.until and asked.until < date.max:
        found = found.filter(at__lt=_midnight(asked.until) + timedelta(days=1))
    return found


def _midnight(day: date) -> datetime:
    """The operator's trail is read in UTC, as the servers run."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
