"""The centre's own look, for anybody: its style and its logo."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from reservo import tenancy
from reservo.adapters import files
from reservo.catalog import queries
from reservo.catalog.operations.centre import key_of
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


def _picture(name: str) -> HttpResponse:
    try:
        content = files.current().read(key_of(name))
    except (FileNotFoundError, files.BadKey):
        raise Http404 from None
    response = HttpResponse(content, content_type="image/png")
    response["Cache-Control"] = f"public, max-age={SECONDS_KEPT}"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
