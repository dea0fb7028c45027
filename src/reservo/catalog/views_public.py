"""The centre's own look, for anybody: its style, its logo, the faces of those who can be booked online."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from reservo import tenancy
from reservo.adapters import files
from reservo.catalog import queries
from reservo.catalog.models import Practitioner
from reservo.catalog.operations.pictures import key_of
from reservo.staff.access import staff_of
from reservo.ui.access import public
from reservo.ui.theme import theme_css

SECONDS_KEPT = 600


@tenancy.goes_on_without_primary
@require_safe
@public
def theme(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(theme_css(queries.centre().colour), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = f"public, max-age={SECONDS_KEPT}"
    return response


@tenancy.goes_on_without_primary
@require_safe
@public
def logo(request: HttpRequest) -> HttpResponse:
    return _picture(queries.centre().logo)


@require_safe
@public
def photo(request: HttpRequest, mark: str) -> HttpResponse:
    """Anybody sees those who stand on the booking page; the others only staff."""
    person = Practitioner.objects.filter(photo=f"{mark}.png").first()
    if person is None:
        raise Http404
    if person.is_active and person.is_online:
        return _picture(person.photo)
    if staff_of(request) is None:
        raise Http404
    response = _picture(person.photo)
    response["Cache-Control"] = "private, no-store"
    return response


def _picture(name: str) -> HttpResponse:
    try:
        content = files.current().read(key_of(name))
    except (FileNotFoundError, files.BadKey):
        raise Http404 from None
    response = HttpResponse(content, content_type="image/png")
    response["Cache-Control"] = f"public, max-age={SECONDS_KEPT}"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
