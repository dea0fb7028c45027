"""What stands around every page of the configuration: the list at the left, the guide of the first set-up."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from reservo.catalog import setup
from reservo.catalog.models import Centre

register = template.Library()

PAGES = (
    ("configuration.edit", "catalog:index", None, _("Primeros pasos")),
    ("configuration.edit", "catalog:centre", None, _("Centro")),
    ("configuration.edit", "catalog:list", "sucursales", _("Sucursales")),
    ("configuration.edit", "catalog:list", "boxes", _("Boxes")),
    ("configuration.edit", "catalog:list", "tipos-de-box", _("Tipos de box")),
    ("configuration.edit", "catalog:list", "profesionales", _("Profesionales")),
    ("configuration.edit", "catalog:list", "tratamientos", _("Tratamientos")),
    ("configuration.edit", "catalog:list", "categorias", _("Categorías")),
    ("configuration.edit", "catalog:holidays", None, _("Feriados")),
    ("configuration.edit", "booking_settings", None, _("Reserva en línea")),
    ("configuration.edit", "catalog:privacy_text", None, _("Texto de privacidad")),
    ("configuration.edit", "crm:automatic", None, _("Correos automáticos")),
    ("users.edit", "staff:index", None, _("Usuarios")),
    ("users.edit", "support:index", None, _("Soporte")),
    ("audit.see", "audit:index", None, _("Registro de acciones")),
)
ALSO_AT = {"profesionales": "catalog:practitioner", "tratamientos": "catalog:service"}


@dataclass(frozen=True, slots=True)
class Page:
    label: str
    url: str
    is_here: bool


@register.simple_tag(takes_context=True)
def settings_pages(context: template.Context) -> str:
    """Puts the pages this person may open into the context as `pages`."""
    request = context["request"]
    context["pages"] = [
        _page(request.path, name, kind, label)
        for right, name, kind, label in PAGES
        if right in request.staff.extents
    ]
    return ""


def _page(path: str, name: str, kind: str | None, label: Any) -> Page:
    url = reverse(name, args=[kind] if kind else [])
    places = [url]
    if kind in ALSO_AT:
        places.append(reverse(f"{ALSO_AT[kind]}_create").rsplit("/", 1)[0])
    is_front = name == "catalog:index"
    is_here = (
        path == url
        if is_front
        else any(path == one or path.startswith(f"{one.rstrip('/')}/") for one in places)
    )
    return Page(str(label), url, is_here)


@register.inclusion_tag("catalog/_guide.html", takes_context=True)
def guide(context: template.Context) -> dict[str, Any]:
    """Nothing unless the address says which step this is."""
    key = context["request"].GET.get("paso", "")
    if key not in setup.KEYS:
        return {"shown": None}
    found = setup.steps(Centre.objects.get())
    return {
        "shown": found[setup.KEYS.index(key)],
        "number": setup.KEYS.index(key) + 1,
        "steps": found,
        "lacks": setup.lacks(),
        "csrf_token": context.get("csrf_token"),
    }
