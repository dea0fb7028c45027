"""Session and form proof of one centre are sent to that centre alone: their cookies carry its path."""

from __future__ import annotations

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware


def _keep_to_centre(request: HttpRequest, response: HttpResponse, name: str) -> None:
    if name in response.cookies:
        response.cookies[name]["path"] = getattr(request, "cookie_path", "/")


class CentreSessionMiddleware(SessionMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if getattr(response, "sets_own_session", False):
            return response
        response = super().process_response(request, response)
        _keep_to_centre(request, response, settings.SESSION_COOKIE_NAME)
        return response


class CentreCsrfMiddleware(CsrfViewMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        _keep_to_centre(request, response, settings.CSRF_COOKIE_NAME)
        return response
