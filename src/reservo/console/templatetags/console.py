"""Sizes, ages and states as an operator reads them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reservo.catalog.forms.fields import COUNTRIES
from reservo.console import reasons
from reservo.console.queries import trail
from reservo.fleet.models import Order
from reservo.tenancy.models import Placement

register = template.Library()

STATES = {
    Placement.State.ACTIVE.value: ("good", gettext_lazy("Activo")),
    Placement.State.MAINTENANCE.value: ("warn", gettext_lazy("En mantención")),
    Placement.State.DISABLED.value: ("bad", gettext_lazy("Deshabilitado")),
}
RUN_STATES = {
    "canaries": ("warn", gettext_lazy("Canarios")),
    "rest": ("warn", gettext_lazy("En curso")),
    "done": ("good", gettext_lazy("Terminada")),
    "stopped": ("bad", gettext_lazy("Detenida: falló un canario")),
    "replaced": ("", gettext_lazy("Reemplazada por otra versión")),
    "failed": ("bad", gettext_lazy("Falló")),
    "later": ("warn", gettext_lazy("Después")),
    "running": ("warn", gettext_lazy("En curso")),
}
MOVE_STATES = {
    "planned": ("warn", gettext_lazy("Por empezar")),
    "copying": ("warn", gettext_lazy("Copiando")),
    "following": ("warn", gettext_lazy("Siguiendo los cambios")),
    "verified": ("warn", gettext_lazy("Comprobado")),
    "paused": ("warn", gettext_lazy("En pausa")),
    "flipped": ("warn", gettext_lazy("Ya en su lugar nuevo")),
    "done": ("good", gettext_lazy("Terminado")),
    "aborted": ("", gettext_lazy("Abandonado")),
}
REPORT = {
    "pause_seconds": gettext_lazy("Pausa, en segundos"),
    "notes_in_pause": gettext_lazy("Cambios traídos durante la pausa"),
    "rows": gettext_lazy("Filas comparadas"),
    "bytes": gettext_lazy("Tamaño"),
    "compared_again": gettext_lazy("Comparado otra vez"),
}
COMPARED = {"equal": gettext_lazy("igual"), "different": gettext_lazy("distinto")}
VERDICTS = {
    "equal": gettext_lazy("Restaurado y comparado: igual"),
    "found": gettext_lazy("Encontrado en su lugar al reconstruir la plataforma"),
}
BACKUP_STATES = {
    "due": ("warn", gettext_lazy("Por tomar")),
    "running": ("warn", gettext_lazy("Tomándose")),
    "done": ("good", gettext_lazy("Comprobado")),
    "partial": ("warn", gettext_lazy("No está en todos los lugares")),
    "failed": ("bad", gettext_lazy("Falló")),
}
ORDER_STATES = {
    "waiting": ("warn", gettext_lazy("En espera")),
    "running": ("warn", gettext_lazy("En curso")),
    "done": ("good", gettext_lazy("Hecho")),
    "failed": ("bad", gettext_lazy("Falló")),
    "cancelled": ("", gettext_lazy("Anulado")),
}
ORDER_KINDS = {
    "move": gettext_lazy("Trasladar"),
    "move_abort": gettext_lazy("Abandonar un traslado"),
    "restore": gettext_lazy("Restaurar"),
    "restore_as_new": gettext_lazy("Centro nuevo de un respaldo"),
    "restore_undo": gettext_lazy("Deshacer una restauración"),
    "destroy_centre": gettext_lazy("Destruir un centro"),
    "destroy_store": gettext_lazy("Destruir un almacén"),
    "destroy_backup": gettext_lazy("Destruir un respaldo"),
}
RESTORE_STATES = {
    "loading": ("warn", gettext_lazy("Cargando")),
    "done": ("good", gettext_lazy("Hecho")),
    "undone": ("", gettext_lazy("Deshecho")),
    "aborted": ("", gettext_lazy("Abandonado")),
}
UNITS = ("B", "KB", "MB", "GB", "TB")
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
DAYS_IN_HOURS = 2


@register.filter
def size(count: int | None) -> str:
    """`3.4 MB`; steps of a thousand."""
    if count is None:
        return "—"
    amount, unit = float(count), 0
    while amount >= 999.5 and unit < len(UNITS) - 1:
        amount, unit = amount / 1_000, unit + 1
    places = 1 if unit and amount < 99.5 else 0
    return f"{formats.number_format(amount, places)} {UNITS[unit]}"


@register.filter
def count(number: int) -> str:
    """`12.345.678`, as the reader's language groups it."""
    return formats.number_format(number, force_grouping=True)


@register.filter
def ago(at: datetime | None, now: datetime) -> str:
    return "—" if at is None else lasting(now - at)


@register.filter
def lasting(length: timedelta | None) -> str:
    """`45 s`, `12 min`, `5 h`, `3 d`."""
    if length is None:
        return "—"
    seconds = max(0, int(length.total_seconds()))
    if seconds < 2 * _MINUTE:
        return _("%(n)d s") % {"n": seconds}
    if seconds < 2 * _HOUR:
        return _("%(n)d min") % {"n": seconds // _MINUTE}
    if seconds < DAYS_IN_HOURS * _DAY:
        return _("%(n)d h") % {"n": seconds // _HOUR}
    return _("%(n)d d") % {"n": seconds // _DAY}


@register.filter
def utc(at: datetime | None) -> str:
    """To the minute; the servers' own clock."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


@register.filter
def country(code: str) -> str:
    return str(COUNTRIES.get(code, code))


@register.filter
def centre_state(state: str) -> SafeString:
    return _tag(STATES, state)


@register.filter
def move_state(state: str) -> SafeString:
    return _tag(MOVE_STATES, state)


@register.filter
def backup_state(state: str) -> SafeString:
    return _tag(BACKUP_STATES, state)


@register.filter
def report_lines(report: dict[str, object]) -> list[tuple[str, str]]:
    """What a move noted at its end, in words."""
    shown = {"bytes": size, "rows": count}
    values = {name: shown[name](value) if name in shown else value for name, value in report.items()}
    return [(str(REPORT.get(name, name)), str(COMPARED.get(value, value))) for name, value in values.items()]


@register.filter
def verdict(kept: str) -> str:
    return str(VERDICTS.get(kept, "—"))


@register.filter
def order_state(state: str) -> SafeString:
    return _tag(ORDER_STATES, state)


@register.filter
def order_kind(kind: str) -> str:
    return str(ORDER_KINDS.get(kind, kind))


@register.filter
def change(line: trail.Line) -> str:
    """`Activo → En mantención`: states and kinds in words, all else as it was noted."""
    words = {"centre.state": {name: label for name, (_kind, label) in STATES.items()}}
    known = words.get(line.action.action, ORDER_KINDS)
    return " → ".join(str(known.get(part, part)) for part in line.change)


@register.filter
def how_it_ended(order: Order) -> str:
    return reasons.ended(order)


@register.filter
def restore_state(state: str) -> SafeString:
    return _tag(RESTORE_STATES, state)


@register.filter
def run_state(state: str) -> SafeString:
    return _tag(RUN_STATES, state)


@register.simple_tag(takes_context=True)
def order_by(context: template.Context, name: str, label: str) -> SafeString:
    """The head of a column that the list can be put in order by; once more turns it round."""
    values = context["request"].GET.copy()
    now = values.get("orden", "")
    values["orden"] = f"-{name}" if now == name else name
    values.pop("page", None)
    mark = {name: "↑", f"-{name}": "↓"}.get(now, "")
    sort = {name: "ascending", f"-{name}": "descending"}.get(now, "none")
    return format_html(
        '<th aria-sort="{}"><a href="?{}">{} {}</a></th>', sort, values.urlencode(), label, mark
    )


def _tag(words: dict[str, tuple[str, object]], state: str) -> SafeString:
    kind, label = words.get(state, ("", state))
    return format_html('<span class="tag {}">{}</span>', kind, label)
