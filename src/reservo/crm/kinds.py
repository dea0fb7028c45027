"""The centre's automatic mails, and the words they ship with.

Placeholders in braces are the only markup; what they stand for is put in as text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

CONFIRMATION, REMINDER, MOVED, CANCELLED = "confirmation", "reminder", "moved", "cancelled"
COPY = "confirmation_copy"
ALL = (CONFIRMATION, REMINDER, MOVED, CANCELLED)
ABOUT_A_LIVE_VISIT = (CONFIRMATION, REMINDER, MOVED, COPY)
LANGUAGES = ("es", "en")

LABELS = {
    CONFIRMATION: _("Confirmación"),
    REMINDER: _("Recordatorio"),
    MOVED: _("Cambio de hora"),
    CANCELLED: _("Cancelación"),
    COPY: _("Copia para el centro"),
}
PLACEHOLDERS = {
    "es": ("paciente", "tratamiento", "profesional", "sucursal", "fecha", "hora", "cuando", "dia", "centro"),
    "en": ("patient", "service", "practitioner", "branch", "date", "time", "when", "day", "centre"),
}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    body: str


SHIPPED: dict[tuple[str, str], Words] = {
    (CONFIRMATION, "es"): Words(
        "Tu cita: {cuando} · {centro}",
        "Hola {paciente}:\n\nTu cita quedó agendada. Si no puedes venir, avísanos con un toque: así otra "
        "persona aprovecha la hora.",
    ),
    (CONFIRMATION, "en"): Words(
        "Your appointment: {when} · {centre}",
        "Hello {patient},\n\nYour appointment is booked. If you cannot come, tell us with one tap so that "
        "somebody else can use the time.",
    ),
    (REMINDER, "es"): Words(
        "Recordatorio: {cuando} · {centro}",
        "Hola {paciente}:\n\nTe recordamos que tienes una cita {dia} a las {hora}. Si no puedes venir, avísanos.",
    ),
    (REMINDER, "en"): Words(
        "Reminder: {when} · {centre}",
        "Hello {patient},\n\nThis is a reminder of your appointment {day} at {time}. If you cannot come, tell us.",
    ),
    (MOVED, "es"): Words(
        "Tu cita cambió: {cuando} · {centro}",
        "Hola {paciente}:\n\nTu cita tiene una nueva hora. Si no te viene bien, avísanos.",
    ),
    (MOVED, "en"): Words(
        "Your appointment has moved: {when} · {centre}",
        "Hello {patient},\n\nYour appointment has a new time. If it does not suit you, let us know.",
    ),
    (CANCELLED, "es"): Words(
        "Cita cancelada: {cuando} · {centro}",
        "Hola {paciente}:\n\nTu cita fue cancelada. Cuando quieras puedes pedir otra hora.",
    ),
    (CANCELLED, "en"): Words(
        "Appointment cancelled: {when} · {centre}",
        "Hello {patient},\n\nYour appointment has been cancelled. You can book another time whenever you like.",
    ),
}


class UnknownPlaceholder(ValueError):
    """A text names something in braces that no mail has."""


def check(text: str, language: str) -> None:
    """Raises UnknownPlaceholder with the first that is not known; a brace without its pair counts as one."""
    for name in _PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS[language]:
            raise UnknownPlaceholder(name)
    if stray := re.search(r"[{}]", _PLACEHOLDER.sub("", text)):
        raise UnknownPlaceholder(stray.group())


def filled(text: str, values: dict[str, str]) -> str:
    """The text with its placeholders put in, once: braces in what is put in stay as they are.

    An empty value takes the blank before it away: `Hola {paciente}:` without a name is `Hola:`.
    """

    def put(found: re.Match[str]) -> str:
        value = values.get(found[2], found[0].lstrip(" "))
        return found[1] + value if value else ""

    return re.sub(r"( ?)\{([^{}]*)\}", put, text)
