"""The first word of the path names a centre: it is activated, and the rest is routed as if it were alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, get_script_prefix, resolve, set_script_prefix, set_urlconf

from reservo import tenancy
from reservo.booking.views import embedding
from reservo.config import errors
from reservo.config.middleware import positions, refusals
from reservo.core import trace
from reservo.tenancy import directory, replicas, slugs
from reservo.tenancy.backends.control import answering
from reservo.tenancy.backends.control.answering import ControlAway
from reservo.tenancy.context import from_replica
from reservo.tenancy.models import Placement
from reservo.ui import speaking

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
        try:
            route = directory.find(slug)
        except ControlAway:
            return errors.control_away(request)
        if route is None:
            return errors.not_found(request)
        speaking.to_visitor(request, route.language)
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
        """What the database took back whole is asked once more: at the new place after a move, or after a deadlock.

        What is not found, too: it may have been made at the new place a moment ago, and looked for at the old one.
        """
        response = self._ask(request, route)
        again = _where_to_ask_again(request, route) or _where_to_look_again(request, response, route)
        if again is not None:
            _make_as_new(request)
            response = self._ask(request, again)
        if _may_stand_in(request, again or route):
            return self._stand_in(request, again or route)
        if getattr(request, "refused_by", ""):
            refusals.hear_out(request, response)
        return response

    def _ask(self, request: HttpRequest, route: tenancy.Route) -> HttpResponse:
        with tenancy.activate(route), positions.kept(request, route) as known:
            response = self.get_response(request)
            if known is not None:
                known.remember(response)
        return response

    def _stand_in(self, request: HttpRequest, route: tenancy.Route) -> HttpResponse:
        """The primary is away: what needs no write is shown from its standby."""
        _make_as_new(request)
        request.stands_in = True
        with tenancy.activate(route), from_replica():
            return self.get_response(request)


def _where_to_ask_again(request: HttpRequest, route: tenancy.Route) -> tenancy.Route | None:
    refused_by = getattr(request, "refused_by", "")
    if refused_by == "place":
        found = _next_place(route)
        return found if found and found.state == Placement.State.ACTIVE else None
    return route if refused_by in ("deadlock", "replica") else None


def _where_to_look_again(
    request: HttpRequest, response: HttpResponse, route: tenancy.Route
) -> tenancy.Route | None:
    """Where the centre is now, if this process did not know; None where nothing was looked for in its data."""
    if response.status_code != 404 or request.resolver_match is None:
        return None
    with suppress(ControlAway):
        found = answering.ask(lambda: directory.by_id(route.tenant_id))
        if found and found.epoch != route.epoch and found.state == Placement.State.ACTIVE:
            directory.forget(route.slug)
            return found
    return None


def _may_stand_in(request: HttpRequest, route: tenancy.Route) -> bool:
    if not route.replica or getattr(request, "refused_by", "") not in ("store", "place"):
        return False
    return replicas.is_able_to_go_on(request.resolver_match.func)


_waiting = threading.Lock()


def _next_place(route: tenancy.Route) -> tenancy.Route | None:
    """One thread of this process waits for a move at a time: the others stay free for other centres."""
    waits = _waiting.acquire(blocking=False)
    try:
        return directory.await_change(route, seconds=LONGEST_PAUSE_SECONDS if waits else 0)
    finally:
        if waits:
            _waiting.release()


def _make_as_new(request: HttpRequest) -> None:
    """To be asked again: the form of the first asking is kept by the request, its files were read to their end."""
    request.refused_by = ""
    if hasattr(request, "_files"):
        for _, files in request._files.lists():
            for file in files:
                file.seek(0)
