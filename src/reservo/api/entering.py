"""What every operation of the public interface does first: limits, the centre, errors as problems."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from reservo import tenancy
from reservo.api import limits
from reservo.api.problems import Problem
from reservo.tenancy import directory
from reservo.tenancy.backends.guard import StaleEpoch
from reservo.ui.access import public
from reservo.ui.clients import address_of

View = Callable[..., HttpResponse]


def for_centre(method: str, limit: tuple[str, int]) -> Callable[[View], View]:
    """Public; one method; the centre of the path active."""

    def decorate(view: View) -> View:
        @wraps(view)
        def entered(request: HttpRequest, tenant: str) -> HttpResponse:
            try:
                _check(request, method, limit)
                with tenancy.activate(_route(tenant)):
                    return view(request)
            except Problem as problem:
                return problem.response()
            except StaleEpoch:
                directory.forget(tenant)
                return Problem(503, "Try again", Retry_After="1").response()

        return public(csrf_exempt(entered))

    return decorate


def _check(request: HttpRequest, method: str, limit: tuple[str, int]) -> None:
    if request.method != method and not (method == "GET" and request.method == "HEAD"):
        raise Problem(405, "Method not allowed", Allow=method)
    wait = limits.seconds_to_wait(address_of(request), limit)
    if wait:
        raise Problem(429, "Too many requests", Retry_After=str(wait))


def _route(slug: str) -> tenancy.Route:
    route = directory.find(slug[:80])
    if route is None:
        raise Problem(404, "No such centre")
    if route.state == "maintenance":
        raise Problem(503, "In maintenance", Retry_After="60")
    if route.state == "disabled":
        raise Problem(403, "Centre disabled")
    return route
