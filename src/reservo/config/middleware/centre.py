"""The first word of the path names a centre: it is activated, and the rest is routed as if it were alone."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, get_script_prefix, resolve, set_script_prefix, set_urlconf

from reservo import tenancy
from reservo.booking.views import embedding
from reservo.config import errors
from reservo.config.middleware.language import speak_for_centre
from reservo.core import trace
from reservo.tenancy import directory, slugs
from reservo.tenancy.models import Placement

EMBED_SCRIPT = "embed.js"
RETRY_MAINTENANCE_SECONDS = 60
LONGEST_PAUSE_SECONDS = 2.0


def _is_for_patients(path: str) -> bool:
    """Pages that sites of the centre show in a frame; what went wrong with them is shown there too."""
    try:
        return hasattr(resolve(f"/{path}", settings.TENANT_URLCONF).func, "is_for_patients")
    except Resolver404:
        return False


class TenantMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        slug, slash, rest = request.path_info[1:].partition("/")
        # No cookie is set for "/": it would be sent to every centre and shadow theirs.
        request.cookie_path = f"/{slug}"
        if not slug or slug in slugs.RESERVED:
            with tenancy.control():
                return self.get_response(request)
        route = directory.find(slug)
        if route is None:
            return errors.not_found(request)
        speak_for_centre(request, route.language)
        response = self._of_centre(request, route, slash, rest)
        if (
            response.status_code >= 400
            and not hasattr(response, "frame_ancestors")
            and _is_for_patients(rest)
        ):
            response.frame_ancestors = route.frame_sites.split()
        return response

    def _of_centre(self, request: HttpRequest, route: tenancy.Route, slash: str, rest: str) -> HttpResponse:
        if route.state == Placement.State.ACTIVE:
            return self._inside(request, route, rest) if slash else errors.redirect_to_slash(request)
        if rest == EMBED_SCRIPT:
            return embedding.script_of(route)
        if route.state == Placement.State.MAINTENANCE:
            return errors.maintenance(request, retry_seconds=RETRY_MAINTENANCE_SECONDS)
        return errors.disabled(request)

    def _inside(self, request: HttpRequest, route: tenancy.Route, rest: str) -> HttpResponse:
        request.cookie_path = f"/{route.slug}/"
        request.path_info = f"/{rest}"
        request.urlconf = settings.TENANT_URLCONF
        before = get_script_prefix()
        set_script_prefix(request.cookie_path)
        set_urlconf(settings.TENANT_URLCONF)
        trace.note(tenant=route.slug)
        try:
            return self._answer(request, route)
        finally:
            set_script_prefix(before)
            set_urlconf(None)

    def _answer(self, request: HttpRequest, route: tenancy.Route) -> HttpResponse:
        """What the database took back whole is asked once more: at the new place after a move, or after a deadlock."""
        with tenancy.activate(route):
            response = self.get_response(request)
        refused_by = getattr(request, "refused_by", "")
        if refused_by == "place":
            again = directory.await_change(route, seconds=LONGEST_PAUSE_SECONDS)
        else:
            again = route if refused_by == "deadlock" else None
        if again is None or again.state != Placement.State.ACTIVE:
            return response
        request.refused_by = ""
        with tenancy.activate(again):
            return self.get_response(request)
