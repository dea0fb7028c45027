"""Small things that templates show: icons, states, money, times."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from reservo.core import identity, money, phones, text, words, zones

register = template.Library()

STATES = {
    "not_confirmed": (_("No confirmada"), "circle-dashed"),
    "confirmed": (_("Confirmada"), "circle-check"),
    "arrived": (_("Llegó"), "door-enter"),
    "ready": (_("En espera"), "armchair"),
    "attended": (_("Atendida"), "check"),
    "no_show": (_("No vino"), "user-off"),
    "suspended": (_("Suspendida"), "player-pause"),
    "waitlisted": (_("Lista de espera"), "hourglass"),
    "deleted": (_("Eliminada"), "trash"),
}


@register.simple_tag
def icon(name: str, kind: str = "") -> SafeString:
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        kind,
        static("dist/icons.svg"),
        name,
    )


@register.simple_tag
def state(name: str) -> SafeString:
    label, drawing = STATES[name]
    return format_html('<span class="state state-{}">{}{}</span>', name, icon(drawing, "small"), label)


@register.filter
def money_minor(amount: int | None, currency: str) -> str:
    return "" if amount is None else money.format_minor(amount, currency)


@register.filter
def day_short(day: date) -> str:
    return text.day_short(day, _language())


@register.filter
def day_long(day: date) -> str:
    return text.day_long(day, _language())


@register.filter
def local_short(at: datetime | None, zone: str) -> str:
    return "" if at is None else text.day_and_clock(zones.local(at, zone), _language())


@register.filter
def local_clock(at: datetime, zone: str) -> str:
    return text.clock(zones.local(at, zone))


@register.filter
def offset(at: datetime, zone: str) -> str:
    return zones.offset_label(at, zone)


@register.filter
def zone_name(zone: str) -> str:
    return zones.zone_label(zone, _language())


@register.filter
def minute_clock(minute: int) -> str:
    return text.minute_clock(minute)


@register.filter
def weekday(number: int) -> str:
    return text.weekday_long(number, _language())


@register.filter
def phone(kept: str) -> str:
    return phones.display(kept) if kept else ""


@register.filter
def national_id(person: Any) -> str:
    return identity.format_id(person.country, person.national_id)


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The page's query string with some values changed; empty ones are dropped."""
    values = context["request"].GET.copy()
    for name, value in changes.items():
        values.pop(name, None)
        if value not in (None, ""):
            values[name] = str(value)
    return f"?{values.urlencode()}" if values else "?"


@register.filter
def is_tick(field: Any) -> bool:
    """A single box to tick, whose label stands beside it."""
    return getattr(field.field.widget, "input_type", "") == "checkbox" and not hasattr(field.field, "choices")


@register.simple_tag(takes_context=True)
def shell_words(context: template.Context) -> SafeString:
    """What the scripts of every page say, in the reader's language."""
    shell = context.get("shell")
    called = shell.called if shell else words.Called("", _language())
    said = {
        "tell": gettext("¿Avisar %(to_whom)s?") % {"to_whom": called.to_the},
        "tellYes": _("Sí, avisar"),
        "tellNo": _("No avisar"),
        "back": _("Volver"),
        "save": _("Guardar"),
        "goOn": _("Continuar"),
        "losing": _("Lo que escribiste aquí se perdería."),
        "discard": _("Descartar"),
        "keepWriting": _("Seguir escribiendo"),
        "reason": _("Motivo"),
        "sessionOver": _(
            "Tu sesión terminó. Lo que escribiste sigue aquí: entra en otra pestaña y vuelve a guardar."
        ),
        "logIn": _("Entrar en otra pestaña"),
        "showPassword": _("Mostrar la contraseña"),
        "hidePassword": _("Ocultar la contraseña"),
        "change": _("Cambiar"),
        "remove": _("Quitar"),
        "offline": _("Sin conexión. Nada se perdió: inténtalo de nuevo."),
        "failed": _("Algo falló de nuestro lado. Inténtalo de nuevo."),
    }
    told = {name: str(text) for name, text in said.items()}
    return json_script({**told, "sprite": static("dist/icons.svg")}, "shell-words")


def _language() -> str:
    return (get_language() or "es")[:2]
