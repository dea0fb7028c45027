"""Support access as the operator sees it: asked for, waited for, entered, ended."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from reservo import tenancy
from reservo.console.access import actor_of, operator
from reservo.console.forms.support import SupportForm
from reservo.console.operations import support
from reservo.core.clock import now
from reservo.support import operations, queries
from reservo.tenancy import directory
from reservo.tenancy.backends.guard import StaleEpoch
from reservo.tenancy.servers import StoreUnavailable

AWAY = (DatabaseError, StaleEpoch, StoreUnavailable)


@require_safe
@operator
def panel(request: HttpRequest, slug: str) -> HttpResponse:
    """Asked for by the centre's page once that is shown, and again while an answer is waited for."""
    return _shown(request, slug, _form())


@require_POST
@operator
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    route, form = _route(slug), _form(request.POST)
    if not form.is_valid():
        return _shown(request, slug, form, status=422)
    try:
        support.ask(route, **form.cleaned_data, by=actor_of(request), at=now())
    except operations.AlreadyAsked:
        form.add_error(None, _("Ya hay un pedido sin respuesta, o un acceso abierto."))
        return _shown(request, slug, form, status=422)
    except AWAY:
        form.add_error(None, _("Su almacén no responde: nada cambió."))
        return _shown(request, slug, form, status=422)
    return _shown(request, slug, _form(), is_answer=True)


@require_POST
@operator
def enter(request: HttpRequest, slug: str) -> HttpResponse:
    """Into the centre, whose cookie is the centre's alone."""
    route = _route(slug)
    try:
        session, access = support.enter(
            route, agent=request.headers.get("User-Agent", ""), by=actor_of(request), at=now()
        )
    except support.NoConsent:
        messages.error(request, _("El centro no ha dado permiso, o su tiempo terminó."))
        return HttpResponseRedirect(reverse("console:centre", args=[slug]))
    response = HttpResponseRedirect(f"/{slug}/configuracion/")
    response.sets_own_session = True
    response.set_cookie(
        settings.SESSION_COOKIE_NAME,
        session.session_key,
        max_age=access.minutes * 60,
        path=f"/{slug}/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@require_POST
@operator
def end(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        support.end(_route(slug), by=actor_of(request), at=now())
    except support.NoConsent:
        messages.info(request, _("Ya había terminado."))
    else:
        messages.success(request, _("Terminado."))
    return HttpResponseRedirect(reverse("console:centre", args=[slug]))


def _form(data: object = None) -> SupportForm:
    """It stands on a page with other forms: its fields have names of their own."""
    return SupportForm(data, auto_id="support_%s")


def _route(slug: str) -> tenancy.Route:
    route = directory.find(slug)
    if route is None:
        raise Http404
    return route


def _shown(
    request: HttpRequest, slug: str, form: SupportForm, *, status: int = 200, is_answer: bool = False
) -> HttpResponse:
    """The answer to a form that is gone takes the keyboard along."""
    at = now()
    context = {"slug": slug, "form": form, "now": at, "operator": request.operator, "is_answer": is_answer}
    try:
        with tenancy.activate(_route(slug)):
            latest = queries.latest()
    except AWAY:
        return render(request, "console/_support.html", {**context, "is_away": True}, status=status)
    is_waiting = latest is not None and latest.state == "asked" and latest.asked_at > at - queries.ASKED_FOR
    is_open = latest is not None and latest.is_open(at)
    context |= {"latest": latest, "is_waiting": is_waiting, "is_open": is_open}
    return render(request, "console/_support.html", context, status=status)
