"""The centre's automatic mails, and the words they ship with.

Placeholders in braces are the only markup; what they stand for is put in as text.
"""

from __future__ import annotations

from dataclasses import dataclass

CONFIRMATION, REMINDER, MOVED, CANCELLED = "confirmation", "reminder", "moved", "cancelled"
ALL = (CONFIRMATION, REMINDER, MOVED, CANCELLED)

PLACEHOLDERS = {
    "es": ("paciente", "tratamiento", "profesional", "sucursal", "fecha", "hora", "cuando", "centro"),
    "en": ("patient", "service", "practitioner", "branch", "date", "time", "when", "centre"),
}


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    body: str


SHIPPED: dict[tuple[str, str], Words] = {
    (CONFIRMATION, "es"): Words(
        "Tu cita: {cuando} · {centro}",
        "Hola {paciente}:\n\nTu cita quedó agendada. Si no puedes venir, avísanos con un toque: así otra persona "
        "aprovecha la hora.",
    ),
    (CONFIRMATION, "en"): Words(
        "Your appointment: {when} · {centre}",
        "Hello {patient},\n\nYour appointment is booked. If you cannot come, tell us with one tap so that somebody "
        "else can use the time.",
    ),
    (REMINDER, "es"): Words(
        "Recordatorio: {cuando} · {centro}",
        "Hola {paciente}:\n\nTe recordamos tu cita. Confirma que vienes o cámbiala desde aquí.",
    ),
    (REMINDER, "en"): Words(
        "Reminder: {when} · {centre}",
        "Hello {patient},\n\nThis is a reminder of your appointment. Confirm that you are coming, or change it here.",
    ),
    (MOVED, "es"): Words(
        "Tu cita cambió: {cuando} · {centro}",
        "Hola {paciente}:\n\nTu cita tiene una nueva hora. Si no te acomoda, puedes cambiarla desde aquí.",
    ),
    (MOVED, "en"): Words(
        "Your appointment moved: {when} · {centre}",
        "Hello {patient},\n\nYour appointment has a new time. If it does not suit you, you can change it here.",
    ),
    (CANCELLED, "es"): Words(
        "Cita cancelada: {cuando} · {centro}",
        "Hola {paciente}:\n\nTu cita fue cancelada. Cuando quieras puedes pedir otra hora.",
    ),
    (CANCELLED, "en"): Words(
        "Appointment cancelled: {when} · {centre}",
        "Hello {patient},\n\nYour appointment was cancelled. You can book another time whenever you like.",
    ),
}


class UnknownPlaceholder(ValueError):
    """A text names something in braces that no mail has."""


def check(text: str, language: str) -> None:
    """Raises UnknownPlaceholder with the first that is not known."""
    import re

    for name in re.findall(r"\{([^{}]*)\}", text):
        if name not in PLACEHOLDERS[language]:
            raise UnknownPlaceholder(name)


def filled(text: str, values: dict[str, str]) -> str:
    """The text with its placeholders put in; braces that are none stay as they are."""
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text
