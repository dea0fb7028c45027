"""What every screen of staff shows around its content."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from reservo import tenancy
from reservo.catalog.models import Centre
from reservo.notifications import bell

MODULES = (
    ("agenda.see", "agenda:index", "calendar", lambda: _("Agenda")),
    ("patients.see", "patients:index", "users", lambda: _("Pacientes")),
    ("mail.see", "notifications:log", "mail", lambda: _("Correos")),
    ("configuration.edit", "catalog:index", "settings", lambda: _("Configuración")),
)


@dataclass(frozen=True, slots=True)
class Entry:
    label: str
    url: str
    icon: str
    active: bool


class Shell:
    """Read only when a template asks."""

    def __init__(self, request: HttpRequest):
        self._request = request
        self._staff = getattr(request, "staff", None)

    @cached_property
    def _centre(self) -> Centre | None:
        return Centre.objects.filter(pk=1).first() if tenancy.is_active() else None

    @property
    def centre_name(self) -> str:
        return self._centre.name if self._centre else "Reservo"

    @property
    def theme_url(self) -> str:
        return f"{reverse('theme')}?v={self._centre.colour[1:]}" if self._centre else ""

    @property
    def logo_url(self) -> str:
        return (
            f"{reverse('logo')}?v={self._centre.logo[-12:-4]}" if self._centre and self._centre.logo else ""
        )

    @property
    def events_url(self) -> str:
        return f"{settings.RESERVO_EVENTS_URL}/{tenancy.current().slug}/events" if self._staff else ""

    @property
    def person(self) -> str:
        return self._staff.name if self._staff else ""

    @cached_property
    def unseen(self) -> int:
        return bell.count_unseen(self._staff) if self._staff else 0

    @property
    def nav(self) -> list[Entry]:
        if not self._staff:
            return []
        path = self._request.path
        return [
            Entry(label(), url, icon, path.startswith(url))
            for right, name, icon, label in MODULES
            if right in self._staff.extents and (url := reverse(name))
        ]


def shell(request: HttpRequest) -> dict[str, Any]:
    return {"shell": Shell(request)}
