"""Headers that narrow what a browser may do with our pages."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

from reservo.notifications.live import addresses

YEAR = 365 * 24 * 3600


class SecurityHeadersMiddleware:
    """Strict Content-Security-Policy; a view widens only `frame_ancestors`, by an attribute of its response."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response
        self.before = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
            "form-action 'self'; base-uri 'none'; manifest-src 'self'; frame-src 'self';"
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "Content-Security-Policy" not in response:
            sites = getattr(response, "frame_ancestors", None)
            response["Content-Security-Policy"] = (
                f"{self.before} connect-src 'self' {_events_url(request)}; frame-ancestors "
            ) + ("'none'" if sites is None else " ".join(["'self'", *sites]))
        response["X-Content-Type-Options"] = "nosniff"
        response.setdefault("Referrer-Policy", "same-origin")
        response.setdefault("Cache-Control", "private, no-store")
        response["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()"
        response["Cross-Origin-Opener-Policy"] = "same-origin"
        if settings.RESERVO_SECURE:
            response["Strict-Transport-Security"] = f"max-age={YEAR}; includeSubDomains"
        return response


def _events_url(request: HttpRequest) -> str:
    """A forged host gets the address of everybody."""
    try:
        return addresses.events_url(request.get_host())
    except DisallowedHost:
        return addresses.events_url("")
