"""What all pages for patients share: the centre's look, no cookies, frames on listed sites, kind refusals."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from reservo.booking.models import BookingPage
from reservo.catalog.models import Centre
from reservo.catalog.queries import centre_of
from reservo.ui import repeating
from reservo.ui.access import public

View = Callable[..., HttpResponse]
TOO_BIG = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


class Refusal(Exception):
    """The request ends here, with a page that says why and leads on."""

    def __init__(self, status: int, title: str, text: str):
        super().__init__(title)
        self.status, self.title, self.text = status, title, text


def for_patients(*methods: str) -> Callable[[View], View]:
    """Public; forms prove themselves by what is signed in them, so no cookie is set or read."""
    allowed = [*methods, "HEAD"] if "GET" in methods else list(methods)

    def decorate(view: View) -> View:
        @wraps(view)
        def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            rules = request.booking_page = BookingPage.objects.get()
            try:
                response = _answer(view, request, allowed, *args, **kwargs)
            except Refusal as refusal:
                response = _refused(request, refusal)
            if response.status_code == 405:
                response["Allow"] = ", ".join(allowed)
            response.frame_ancestors = rules.frame_sites
            response.setdefault("Cache-Control", "no-store")
            if "token" in kwargs:  # the address is a key: it goes nowhere, not even to ourselves
                response["Referrer-Policy"] = "no-referrer"
            return response

        shown.is_for_patients = True
        return public(csrf_exempt(shown))

    return decorate


def _answer(view: View, request: HttpRequest, allowed: list[str], *args: Any, **kwargs: Any) -> HttpResponse:
    if request.method not in allowed:
        text = _("Esta dirección no se abre así. Empieza desde el principio.")
        raise Refusal(405, _("No entendimos la solicitud"), text)
    try:
        if request.method == "POST":
            request.POST.keys()  # the body is read here, within its bounds
    except TOO_BIG:
        text = _("Lo que enviaste es más grande de lo que cabe en este formulario. Vuelve atrás y acórtalo.")
        raise Refusal(413, _("Es demasiado largo"), text) from None
    except MultiPartParserError:
        text = _("Vuelve atrás e inténtalo de nuevo.")
        raise Refusal(400, _("No entendimos la solicitud"), text) from None
    if request.method == "POST" and getattr(request, "stands_in", False):
        return _not_yet(request)
    return view(request, *args, **kwargs)


def _not_yet(request: HttpRequest) -> HttpResponse:
    """Nothing can be saved while the primary is away: the page posts the same again, which counts once."""
    is_booking = request.resolver_match.url_name in ("book_time", "book_data")
    title = _("Estamos guardando tu hora…") if is_booking else _("Estamos guardando tu cambio…")
    context = {"title": title, "again": repeating.again(request)}
    response = page(request, "booking/saving.html", context, status=503)
    response["Retry-After"] = str(repeating.RETRY_AFTER_SECONDS)
    return response


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    context = {"title": refusal.title, "text": refusal.text}
    return page(request, "booking/refusal.html", context, status=refusal.status)


def page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Render with the centre's own look. What answers a form says in `lasting_url` where it is found again."""
    shared = {**look(centre_of(request)), "start_url": f"{reverse('book')}?lang={language()}"}
    if request.method == "POST":
        shared["is_answer"] = True
    else:
        shared["other_language"] = "en" if language() == "es" else "es"
    return render(request, template, {**shared, **context}, status=status)


def look(centre: Centre) -> dict[str, Any]:
    return {
        "centre": centre,
        "theme_url": f"{reverse('theme')}?v={centre.colour[1:]}",
        "logo_url": f"{reverse('logo')}?v={centre.logo[-12:-4]}" if centre.logo else "",
    }


def language() -> str:
    return (get_language() or "es")[:2]
