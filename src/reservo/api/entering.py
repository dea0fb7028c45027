"""What every operation of the public interface does first: limits, the centre, errors as problems."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from reservo import tenancy
from reservo.api import limits
from reservo.api.problems import Problem, not_allowed
from reservo.core import trace
from reservo.tenancy import directory
from reservo.tenancy.backends.control.answering import ControlAway
from reservo.tenancy.backends.guard import StaleEpoch
from reservo.tenancy.connections import has_lost_its_store
from reservo.tenancy.context import from_replica
from reservo.tenancy.servers import StoreUnavailable
from reservo.ui.access import public
from reservo.ui.clients import address_of

LONGEST_SLUG = 60
View = Callable[..., HttpResponse]


def for_centre(method: str, limit: limits.Limit) -> Callable[[View], View]:
    """Public; one method (GET answers HEAD too); the centre of the path active."""
    methods = ("GET", "HEAD") if method == "GET" else (method,)

    def decorate(view: View) -> View:
        @wraps(view)
        def entered(request: HttpRequest, tenant: str) -> HttpResponse:
            try:
                _check(request, methods, limit)
                return _answered(view, request, _route(tenant))
            except Problem as problem:
                return problem.response()
            except ControlAway:
                return Problem(503, _("Inténtalo de nuevo en un momento"), Retry_After="10").response()
            except StaleEpoch:
                directory.forget(tenant)
                return Problem(503, _("Inténtalo de nuevo en un momento"), Retry_After="1").response()

        return public(csrf_exempt(entered))

    return decorate


def _answered(view: View, request: HttpRequest, route: tenancy.Route) -> HttpResponse:
    """What only reads goes on from the standby while the primary is away."""
    with tenancy.activate(route):
        try:
            return view(request)
        except (StoreUnavailable, OperationalError, InterfaceError) as error:
            if not isinstance(error, StoreUnavailable) and not has_lost_its_store(error):
                raise
            if not route.replica or request.method not in ("GET", "HEAD"):
                raise StoreUnavailable("the store does not answer") from error
        with from_replica():
            return view(request)


def _check(request: HttpRequest, methods: tuple[str, ...], limit: limits.Limit) -> None:
    if request.method not in methods:
        raise not_allowed(methods)
    wait = limits.seconds_to_wait(address_of(request), limit)
    if wait:
        raise Problem(429, _("Demasiadas solicitudes: espera un momento"), Retry_After=str(wait))


def _route(slug: str) -> tenancy.Route:
    route = directory.find(slug) if len(slug) <= LONGEST_SLUG else None
    if route is None:
        raise Problem(404, _("No existe ese centro"))
    if route.state == "maintenance":
        raise Problem(503, _("El centro está en mantención: vuelve en unos minutos"), Retry_After="60")
    if route.state == "disabled":
        raise Problem(403, _("Este centro no está disponible"))
    trace.note(tenant=route.slug)
    return route
