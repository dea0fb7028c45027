"""What every page of the console shows around its content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from reservo.console.queries import alarms
from reservo.core.clock import now

MODULES = (
    ("console:centres", "building", _("Centros")),
    ("console:stores", "database", _("Almacenes")),
    ("console:moves", "truck", _("Traslados")),
    ("console:backups", "archive", _("Respaldos")),
    ("console:orders", "hourglass", _("Encargos")),
    ("console:schemas", "copy", _("Migraciones")),
    ("console:jobs", "list", _("Trabajos")),
    ("console:processes", "heartbeat", _("Procesos")),
    ("console:operators", "users", _("Operadores")),
    ("console:trail", "history", _("Registro")),
)


@dataclass(frozen=True, slots=True)
class Entry:
    label: object
    url: str
    icon: str
    active: bool


def show(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page with the console's frame: where one is, and what is wrong anywhere, loud."""
    at = now()
    frame = {"nav": _nav(request), "alarms": alarms.current(at=at), "now": at, "operator": request.operator}
    return render(request, template, {**frame, **context}, status=status)


def _nav(request: HttpRequest) -> list[Entry]:
    entries = [(label, reverse(name), icon) for name, icon, label in MODULES]
    path = request.path.replace(reverse("console:restores"), reverse("console:backups"))
    here = max((url for _, url, _ in entries if path.startswith(url)), key=len, default="")
    return [Entry(label, url, icon, url == here) for label, url, icon in entries]
