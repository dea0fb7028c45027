"""The trail and the mail log in words."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from reservo.agenda.models import AppointmentChange
from reservo.core import text, zones
from reservo.notifications import kinds
from reservo.notifications.models import Delivery
from reservo.ui.templatetags.ui import STATES

register = template.Library()


@register.simple_tag(takes_context=True)
def change_words(context: template.Context, change: AppointmentChange, zone: str) -> str:
    """`creó la cita`, `la movió a mar 1 dic, 09:30`, `No confirmada → Confirmada`."""
    after = change.after
    if change.action == "created":
        return _("creó la cita")
    if change.action == "imported":
        return _("trajo la cita de otro sistema")
    parts = [_("deshizo un cambio")] if change.action == "undone" else []
    if "state" in after:
        before = STATES[change.before.get("state", "not_confirmed")][0]
        parts.append(f"{before} → {STATES[after['state']][0]}")
    if "starts_at" in after:
        language = (get_language() or "es")[:2]
        at = zones.local(datetime.fromisoformat(after["starts_at"]), zone)
        parts.append(_("la movió a %(when)s") % {"when": text.day_and_clock(at, language)})
    elif "ends_at" in after:
        parts.append(_("cambió la duración"))
    names = {
        "practitioner": _("cambió el profesional"),
        "room": _("cambió el box"),
        "patient": _("cambió %(the_patient)s") % {"the_patient": context["shell"].called.the},
        "services": _("cambió los tratamientos"),
        "comment": _("cambió el comentario"),
        "contact_email": _("corrigió el correo"),
        "branch": _("cambió la sucursal"),
    }
    parts += [words for name, words in names.items() if name in after]
    return ", ".join(str(part) for part in parts)


@register.filter
def channel_words(channel: str) -> str:
    words = {
        "agenda": _("agenda"),
        "web": _("página de reservas"),
        "api": _("API"),
        "link": _("enlace del correo"),
        "job": _("automático"),
        "import": _("traspaso"),
    }
    return words.get(channel, channel)


@register.filter
def mail_kind(kind: str) -> str:
    return kinds.label_of(kind)


@register.filter
def mail_state(state: str) -> str:
    words = {
        "planned": _("por enviar"),
        "claimed": _("enviándose"),
        "accepted": _("enviado"),
        "rejected": _("rechazado"),
        "unknown": _("sin respuesta del servidor"),
        "dead": _("no se pudo enviar"),
        "withdrawn": _("ya no corresponde"),
        "delivered": _("entregado"),
        "bounced": _("rebotó"),
        "complained": _("marcado como no deseado"),
    }
    return words.get(state, state)


@register.filter
def mail_reason(mail: Delivery) -> str:
    """Why it did not go, in words; what the server said, as it said it."""
    words = {
        "address": _("la dirección no es válida"),
        "stopped": _("la dirección rebotó o pidió no recibir más"),
        "unreachable": _("el servidor de correo no responde"),
        "unknown": _("se cortó antes de la respuesta"),
        "crashed": _("el envío se interrumpió"),
        "composing": _("no se pudo armar el mensaje"),
    }
    return words.get(mail.error_class) or mail.error_text or mail.error_class
