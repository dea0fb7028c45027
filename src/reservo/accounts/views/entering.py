"""Logging in, at a centre's own door or at the common one, and out."""

from __future__ import annotations

import math
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from reservo import tenancy
from reservo.accounts import operations, queries
from reservo.accounts.forms import LogInForm
from reservo.accounts.lockout import LockedOut
from reservo.accounts.models import User
from reservo.accounts.operations import WrongCredentials
from reservo.audit.operations import record
from reservo.core.actor import Actor
from reservo.core.clock import now
from reservo.ui.access import public
from reservo.ui.clients import address_of

CHOICE_LIFE = timedelta(minutes=5)
_CHOICE = "reservo.centre-choice"


@require_http_methods(["GET", "HEAD", "POST"])
@public
def log_in(request: HttpRequest) -> HttpResponse:
    """At a centre's door its people enter it; at the common one they choose, if they have several."""
    form = LogInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = _authenticated(request, form)
        if user is not None:
            routes = _routes(user)
            if len(routes) == 1:
                return enter(request, user, routes[0])
            if routes:
                return _choice(request, user, routes)
            if elsewhere := queries.centres_of(user):
                return _choice(request, user, elsewhere, no_access_to=_this_centre())
            form.add_error(None, no_access(_this_centre()))
    context = {
        "form": form,
        "next": request.POST.get("next") or request.GET.get("next", ""),
        "is_changed": request.GET.get("cambiada") == "1",
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/log_in.html", context, status=status)


def _choice(
    request: HttpRequest, user: User, routes: list[tenancy.Route], *, no_access_to: str = ""
) -> HttpResponse:
    """The person's own centres; at the door of a strange one, with a word that this is not theirs."""
    proof = signing.dumps([user.pk, operations.proof_of(user)], salt=_CHOICE)
    told = no_access(no_access_to) if no_access_to else ""
    context = {"centres": queries.named(routes), "proof": proof, "told": told}
    return render(request, "accounts/choose.html", context, status=422 if told else 200)


def _this_centre() -> str:
    return queries.name_of(tenancy.current().tenant_id) if tenancy.is_active() else ""


def no_access(centre: str) -> str:
    """Said only to somebody who gave the right password: to others it would tell who has an account."""
    if centre:
        words = _(
            "Tu contraseña es correcta, pero tu cuenta no tiene acceso a %(centre)s. "
            "Pide a quien administra el centro que te invite."
        )
        return words % {"centre": centre}
    return _(
        "Tu contraseña es correcta, pero tu cuenta no tiene acceso a ningún centro. "
        "Pide a quien administra el tuyo que te invite."
    )


@require_POST
@public
def choose(request: HttpRequest) -> HttpResponse:
    """Only right after the password was given, and only into a centre of one's own."""
    user = _chooser(request.POST.get("proof", ""))
    for route in queries.centres_of(user) if user else ():
        if route.slug == request.POST.get("centre"):
            return enter(request, user, route)
    return HttpResponseRedirect("/login")


def _chooser(proof: str) -> User | None:
    try:
        user_id, unchanged = signing.loads(proof[:500], salt=_CHOICE, max_age=CHOICE_LIFE)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=user_id, is_active=True).first()
    return user if user and operations.proves({"proof": unchanged}, user) else None


@require_POST
@public
def log_out(request: HttpRequest) -> HttpResponse:
    request.session.flush()
    return HttpResponseRedirect(reverse("accounts:login"))


def _authenticated(request: HttpRequest, form: LogInForm) -> User | None:
    given = form.cleaned_data
    try:
        return operations.authenticate(
            given["email"], given["password"], client=address_of(request), at=now()
        )
    except WrongCredentials:
        form.add_error(None, _("El correo o la contraseña no son correctos."))
    except LockedOut as locked:
        way_out = _("Con «Olvidé mi contraseña» eliges otra y entras enseguida.")
        form.add_error(None, f"{too_many(locked)} {way_out}")
    return None


def too_many(locked: LockedOut) -> str:
    minutes = max(1, math.ceil((locked.until - now()).total_seconds() / 60))
    return _("Demasiados intentos. Vuelve a probar en %(minutes)d min.") % {"minutes": minutes}


def _routes(user: User) -> list[tenancy.Route]:
    found = queries.centres_of(user)
    if tenancy.is_active():
        return [route for route in found if route.tenant_id == tenancy.current().tenant_id]
    return found


def enter(request: HttpRequest, user: User, route: tenancy.Route) -> HttpResponse:
    """A new session, whatever the browser brought; the one it had in this centre ends."""
    request.session.flush()
    at = now()
    session = operations.open_session(
        user, route.tenant_id, agent=request.headers.get("User-Agent", ""), at=at
    )
    with tenancy.activate(route), tenancy.atomic():
        by = Actor("staff", None, user.name, "agenda")
        record("session.opened", "user", user.pk, by=by, at=at)
    response = HttpResponseRedirect(destination(request, route))
    response.sets_own_session = True
    response.set_cookie(
        settings.SESSION_COOKIE_NAME,
        session.session_key,
        max_age=settings.SESSION_COOKIE_AGE,
        path=f"/{route.slug}/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def destination(request: HttpRequest, route: tenancy.Route) -> str:
    """Where the form came from, if that is inside the centre; else the agenda."""
    wanted = request.POST.get("next", "")
    home = f"/{route.slug}/"
    if wanted.startswith(home) and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return f"{home}agenda/"
