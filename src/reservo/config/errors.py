"""Pages for what went wrong: calm, with a way on, in the reader's language."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from reservo import tenancy
from reservo.accounts.sessions import SessionStore
from reservo.staff import access
from reservo.tenancy import replicas
from reservo.tenancy.servers import StoreUnavailable
from reservo.ui import repeating
from reservo.ui.access import PUBLIC, public, rule_of


def _page(
    request: HttpRequest, status: int, title: Any, text: Any, *, has_to_log_in: bool = False, **headers: str
) -> HttpResponse:
    is_at_work = _at_work(request, status)
    if is_at_work and tenancy.is_active():
        _speak_to_member(request)
    title, text = str(title), str(text)
    if request.path.startswith("/api/") or "application/json" in request.headers.get("Accept", ""):
        response: HttpResponse = JsonResponse(
            {"type": "about:blank", "title": title, "status": status, "detail": text},
            status=status,
            content_type="application/problem+json",
            json_dumps_params={"ensure_ascii": False},
        )
    else:
        context = {"status": status, "title": title, "text": text, "at_work": is_at_work}
        context["has_to_log_in"] = has_to_log_in
        context["again"] = _again(request, status)
        console = reverse("console:centres", urlconf=settings.ROOT_URLCONF)
        context["home"] = console if request.path.startswith(console) else "/"
        response = render(request, "ui/error.html", context, status=status)
    for name, value in headers.items():
        response[name.replace("_", "-")] = value
    return response


@public
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        404,
        _("No encontramos esta página"),
        _("Puede que el enlace esté incompleto o que ya no exista."),
    )


@public
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request, 403, _("No tienes permiso para esto"), _("Pide a quien administra tu centro que te lo dé.")
    )


@public
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        text = _("Lo que enviaste es demasiado largo. Vuelve atrás, acórtalo e inténtalo de nuevo.")
        return _page(request, 413, _("Es demasiado largo"), text)
    return _page(request, 400, _("No entendimos la solicitud"), _("Vuelve atrás e inténtalo de nuevo."))


@public
def broken(request: HttpRequest) -> HttpResponse:
    return _page(
        request,
        500,
        _("Algo falló de nuestro lado"),
        _("Ya quedó anotado. Inténtalo otra vez en un momento."),
    )


@public
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Scripts fetch a fresh proof and send again; who sends a form without them is told."""
    if request.headers.get("HX-Request") or "application/json" in request.headers.get("Accept", ""):
        return HttpResponse(status=401)
    title, text = (
        _("La página quedó vieja"),
        _("Por seguridad no guardamos el cambio. Recarga la página y repítelo."),
    )
    if tenancy.is_active() and not _is_public(request) and not _at_work(request, 403):
        title, text = (
            _("Tu sesión terminó"),
            _("Por eso no guardamos el cambio. Entra de nuevo y repítelo."),
        )
    return _page(request, 403, title, text, has_to_log_in=True)


def maintenance(request: HttpRequest, *, retry_seconds: int) -> HttpResponse:
    text = _("Estamos haciendo una mejora y volvemos en unos minutos. Tus datos y tus citas están a salvo.")
    return _page(request, 503, _("En mantención"), text, Retry_After=str(retry_seconds))


def disabled(request: HttpRequest) -> HttpResponse:
    return _page(request, 403, _("Este centro no está disponible"), _("Contacta directamente con el centro."))


def changing_place(request: HttpRequest) -> HttpResponse:
    text = _("El centro está cambiando de lugar. No se perdió nada: repite lo que hacías.")
    return _page(request, 503, _("Un momento, por favor"), text, Retry_After="1")


def busy(request: HttpRequest) -> HttpResponse:
    text = _("Hay mucho movimiento y tu cambio no se guardó. Repítelo en unos segundos.")
    return _page(request, 503, _("Un momento, por favor"), text, Retry_After="2")


def store_away(request: HttpRequest) -> HttpResponse:
    text = _(
        "Los datos de este centro no responden por ahora. No se perdió nada: vuelve a intentarlo en un momento."
    )
    return _page(request, 503, _("Volvemos enseguida"), text, Retry_After="5")


def control_away(request: HttpRequest) -> HttpResponse:
    """Told without the session, which cannot be read; the browser keeps its own for when it can."""
    request.session = SessionStore()
    text = _(
        "Por un momento no podemos comprobar quién eres ni cambiar datos de tu cuenta. Lo demás sigue "
        "funcionando: vuelve a intentarlo en unos segundos."
    )
    response = _page(request, 503, _("Volvemos enseguida"), text, Retry_After="10")
    response.sets_own_session = True
    return response


def method_not_allowed(request: HttpRequest, *, allow: str) -> HttpResponse:
    """Somebody opened the address of a button, or reloaded after one."""
    text = _("Esta dirección no se abre directamente. Vuelve atrás y usa el botón de la página.")
    return _page(request, 405, _("Esto no es una página"), text, Allow=allow)


def _speak_to_member(request: HttpRequest) -> None:
    """Where the person cannot be read the page keeps the browser's language."""
    with suppress(DatabaseError, StoreUnavailable):
        access.staff_of(request)


def _at_work(request: HttpRequest, status: int) -> bool:
    """Whether the way on leads to the agenda; not asked of the database when that may be what failed."""
    session = getattr(request, "session", None)
    return status < 500 and session is not None and bool(session.get("user_id"))


def _is_public(request: HttpRequest) -> bool:
    return request.resolver_match is not None and rule_of(request.resolver_match.func) == PUBLIC


def _again(request: HttpRequest, status: int) -> repeating.Again | None:
    """A patient's form that may be sent again as it is: it counts once."""
    view = request.resolver_match.func if request.resolver_match else None
    if status != 503 or request.method != "POST" or not replicas.is_able_to_go_on(view):
        return None
    return repeating.again(request)


def redirect_to_slash(request: HttpRequest) -> HttpResponse:
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(f"{request.path}/" + (f"?{query}" if query else ""))
