"""The one script that puts the booking page into a centre's own site."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from reservo import tenancy
from reservo.ui.access import public


@tenancy.goes_on_without_primary
@require_safe
@public
def script(request: HttpRequest) -> HttpResponse:
    return script_of(tenancy.current())


def script_of(route: tenancy.Route) -> HttpResponse:
    """Needs none of the centre's data: while it is closed, the frame is there and says so."""
    address = f"{settings.RESERVO_PUBLIC_URL}/{route.slug}/"
    source = _source().replace("__RESERVO_PAGE__", address).replace("__RESERVO_TITLE__", _title(route))
    response = HttpResponse(source, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "public, max-age=300"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _title(route: tenancy.Route) -> str:
    """The frame's name in the centre's language, as the script is kept by caches for all visitors."""
    with translation.override(route.language):
        return _("Reservas")


@lru_cache(maxsize=1)
def _source() -> str:
    found = finders.find("dist/embed.js")
    if not found:
        return ""
    with open(found, encoding="utf-8") as file:
        return file.read()
