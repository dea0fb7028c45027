"""The centre's own actions, in the words of the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reservo.audit.models import Action
from reservo.audit.trail import Line, Search
from reservo.staff import calling, naming

MOST_SEARCHED = 20_000

CHANNELS = {
    "agenda": _("agenda"),
    "web": _("página de reservas"),
    "api": _("interfaz"),
    "link": _("enlace del correo"),
    "job": _("automático"),
    "console": _("operador"),
    "shell": _("operador"),
    "import": _("traspaso"),
}
# An action is `thing.deed`.
DEEDS = {
    "saved": _("guardó"),
    "created": _("creó"),
    "changed": _("cambió"),
    "removed": _("quitó"),
    "deleted": _("eliminó"),
    "invited": _("invitó"),
    "withdrawn": _("retiró la invitación"),
    "barred": _("quitó el acceso"),
    "admitted": _("devolvió el acceso"),
    "role": _("cambió el rol"),
    "renamed": _("cambió el nombre"),
    "joined": _("aceptó la invitación"),
    "opened": _("entró"),
    "asked": _("pidió"),
    "granted": _("permitió"),
    "denied": _("negó"),
    "ended": _("terminó"),
    "viewed": _("abrió una página"),
    "state": _("cambió el estado"),
    "revived": _("intentó de nuevo"),
    "resent": _("envió otra vez"),
    "hours": _("cambió el horario"),
    "logo": _("cambió el logo"),
    "photo": _("cambió la foto"),
    "restored": _("repuso"),
    "published": _("publicó"),
    "rules": _("cambió las reglas"),
    "words": _("cambió los textos"),
    "imported": _("trajo de otro sistema"),
}
THINGS = {
    "automatic_mail": _("Correos automáticos"),
    "block": _("Bloqueo"),
    "booking": _("Reserva en línea"),
    "booking_page": _("Reserva en línea"),
    "branch": _("Sucursal"),
    "centre": _("Centro"),
    "exception": _("Excepción de horario"),
    "holiday": _("Feriado"),
    "mail": _("Correos"),
    "mail_text": _("Texto de correo"),
    "practitioner": _("Profesional"),
    "privacy": _("Texto de privacidad"),
    "privacy_text": _("Texto de privacidad"),
    "role": _("Rol"),
    "room": _("Box"),
    "roomkind": _("Tipo de box"),
    "service": _("Tratamiento"),
    "servicecategory": _("Categoría"),
    "session": _("Sesión"),
    "staff": _("Usuario"),
    "support": _("Soporte"),
}


ONLY_ONE = frozenset({"automatic_mail", "booking_page", "centre"})


def actions(search: Search) -> list[Line]:
    """Typed words are looked for among the newest rows alone, so that no search reads years."""
    found = Action.objects.order_by("-at", "-id")
    if search.before:
        found = found.filter(at__lt=search.before)
    if search.typed:
        newest = Action.objects.order_by("-id").values_list("pk", flat=True).first() or 0
        found = found.filter(pk__gt=newest - MOST_SEARCHED, actor_name__icontains=search.typed)
    words, shown = things(), list(found[: search.limit])
    names = naming.names(thing for action in shown for thing in _named(action))
    return [line_of(action, words, names) for action in shown]


def things() -> dict[str, Any]:
    """With the centre's own word for its patients."""
    return {**THINGS, "patient": capfirst(calling.called().one)}


def line_of(action: Action, words: Mapping[str, Any], names: naming.Names) -> Line:
    thing, _dot, deed = action.action.rpartition(".")
    named = words.get(action.object_kind) or words.get(thing) or action.object_kind or thing
    which = "" if thing == "session" else _which(action, names)
    return Line(
        at=action.at,
        who=action.actor_name,
        channel=str(CHANNELS.get(action.channel, action.channel)),
        what=_what(action, deed, names),
        about=f"{named} {which}".rstrip(),
    )


def _named(action: Action) -> list[tuple[str, str]]:
    """What the words of its line name."""
    return [(action.object_kind, action.object_id), ("role", str(action.details.get("role", "")))]


def _what(action: Action, deed: str, names: naming.Names) -> str:
    words = str(DEEDS.get(deed, deed))
    if deed == "renamed":
        return f"{words}: {action.details.get('was', '')} → {action.details.get('is', '')}"
    role = names.get(("role", str(action.details.get("role", "")))) if deed == "role" else None
    return f"{words}: {role}" if role else words


def _which(action: Action, names: naming.Names) -> str:
    """What it is called now, or was called when it went; else its number."""
    name = names.get((action.object_kind, action.object_id)) or action.details.get("name")
    if name or not action.object_id or action.object_kind in ONLY_ONE:
        return name or ""
    return f"{gettext('n.º')} {action.object_id}"
