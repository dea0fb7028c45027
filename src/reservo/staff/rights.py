"""Every right there is, in the words of the screen, and what the roles that ship with a centre have."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from reservo.core.words import Called

OWN, ALL = "own", "all"

RIGHTS = {
    "agenda.see": _("Ver la agenda"),
    "agenda.edit": _("Crear y cambiar citas"),
    "agenda.overbook": _("Dar sobrecupos"),
    "agenda.outside_rules": _("Agendar fuera de las reglas"),
    "agenda.correct_attended": _("Corregir una inasistencia"),
    "agenda.block": _("Crear bloqueos"),
    "patients.see": _("Ver %(patients)s"),
    "patients.edit": _("Crear y cambiar %(patients)s"),
    "mail.see": _("Ver los correos enviados"),
    "mail.resend": _("Reenviar correos"),
    "configuration.edit": _("Cambiar la configuración"),
    "users.edit": _("Administrar usuarios y permisos"),
    "audit.see": _("Ver el registro de acciones"),
}
SCOPED = frozenset(
    {"agenda.see", "agenda.edit", "agenda.overbook", "agenda.block", "patients.see", "patients.edit"}
)


def labels(called: Called) -> dict[str, str]:
    """Every right in the centre's own words."""
    return {right: str(label) % {"patients": called.several} for right, label in RIGHTS.items()}


ADMINISTRATOR, RECEPTIONIST, PRACTITIONER, ACCOUNTANT = (
    "administrator",
    "receptionist",
    "practitioner",
    "accountant",
)

ROLE_LABELS = {
    ADMINISTRATOR: _("Administrador"),
    RECEPTIONIST: _("Recepción"),
    PRACTITIONER: _("Profesional"),
    ACCOUNTANT: _("Contabilidad"),
}
ROLE_RIGHTS: dict[str, dict[str, str]] = {
    ADMINISTRATOR: dict.fromkeys(RIGHTS, ALL),
    RECEPTIONIST: {
        "agenda.see": ALL,
        "agenda.edit": ALL,
        "agenda.overbook": ALL,
        "agenda.outside_rules": ALL,
        "agenda.block": ALL,
        "patients.see": ALL,
        "patients.edit": ALL,
        "mail.see": ALL,
        "mail.resend": ALL,
    },
    PRACTITIONER: {"agenda.see": OWN, "agenda.edit": OWN, "agenda.block": OWN, "patients.see": OWN},
    ACCOUNTANT: {"agenda.see": ALL, "patients.see": ALL},
}
