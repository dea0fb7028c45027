"""Which language a page speaks: asked for in the address, else the browser's, else the centre's."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

LANGUAGES = ("es", "en")


class LanguageMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wanted = _asked(request) or _browser(request)
        request.wants_no_language_of_ours = not wanted
        request.LANGUAGE_CODE = wanted or LANGUAGES[0]
        with translation.override(request.LANGUAGE_CODE):
            response = self.get_response(request)
        response.setdefault("Content-Language", request.LANGUAGE_CODE)
        return response


def speak_for_centre(request: HttpRequest, language: str) -> None:
    """Whoever asked for no language that we speak reads the centre's."""
    if request.wants_no_language_of_ours:
        request.LANGUAGE_CODE = language
        translation.activate(language)


def _asked(request: HttpRequest) -> str:
    asked = request.GET.get("lang", "")
    return asked if asked in LANGUAGES else ""


def _browser(request: HttpRequest) -> str:
    for wanted, weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")[:200].lower()):
        if weight > 0 and wanted.split("-")[0] in LANGUAGES:
            return wanted.split("-")[0]
    return ""
