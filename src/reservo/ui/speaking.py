"""Which language a page speaks: asked for in the address, else the person's, else the browser's, else the centre's.

Staff who have chosen none read their centre's, whatever the browser asks: a shared desk has one browser.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from reservo import tenancy

LANGUAGES = ("es", "en")


def wanted(request: HttpRequest) -> str:
    """What the address or the browser asks for; empty if that is no language of ours."""
    return _asked(request) or _browser(request)


def to_visitor(request: HttpRequest, language: str) -> None:
    """Whoever asked for no language that we speak reads the centre's."""
    if not wanted(request):
        _speak(request, language)


def to_member(request: HttpRequest, language: str) -> None:
    """From here on the page speaks to one of the staff: `language` is theirs, empty for their centre's."""
    _speak(request, _asked(request) or language or tenancy.current().language)


def _speak(request: HttpRequest, language: str) -> None:
    request.LANGUAGE_CODE = language
    translation.activate(language)


def _asked(request: HttpRequest) -> str:
    asked = request.GET.get("lang", "")
    return asked if asked in LANGUAGES else ""


def _browser(request: HttpRequest) -> str:
    for wished, weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")[:200].lower()):
        if weight > 0 and wished.split("-")[0] in LANGUAGES:
            return wished.split("-")[0]
    return ""
