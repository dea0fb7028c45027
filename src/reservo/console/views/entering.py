"""In by two factors, out again, and the invitation that sets both up."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reservo.accounts.forms import LogInForm
from reservo.accounts.lockout import LockedOut
from reservo.accounts.operations import WrongCredentials
from reservo.accounts.passwords import WeakPassword
from reservo.accounts.views.entering import too_many
from reservo.console import qr, totp
from reservo.console.access import operator
from reservo.console.forms.entering import AcceptForm, CodeForm
from reservo.console.models import Operator
from reservo.console.operations import operators
from reservo.core import sealing
from reservo.core.clock import now
from reservo.ui.access import public
from reservo.ui.clients import address_of

HALF_WAY_LIFE = timedelta(minutes=5)
_HALF_WAY = "reservo.operator-half-way"
_SEED = "operator seed on its way"


@require_http_methods(["GET", "HEAD", "POST"])
@public
def log_in(request: HttpRequest) -> HttpResponse:
    form = LogInForm(request.POST or None)
    wanted = _wanted(request)
    if request.method == "POST" and form.is_valid():
        found = _authenticated(request, form)
        if found is not None and not found.sealed_seed:
            return _enter(request, found, wanted)
        if found is not None:
            proof = signing.dumps([found.pk, operators.proof_of(found)], salt=_HALF_WAY)
            return _ask_code(request, CodeForm(), proof, wanted)
    status = 422 if request.method == "POST" else 200
    return _plain(request, "console/log_in.html", {"form": form, "next": wanted}, status=status)


@require_POST
@public
def code(request: HttpRequest) -> HttpResponse:
    """Only right after the password was given."""
    proof = request.POST.get("proof", "")
    found = _half_way(proof)
    if found is None:
        return HttpResponseRedirect(reverse("console:login"))
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            operators.verify(found, form.cleaned_data["code"], client=address_of(request), at=now())
        except operators.WrongCode:
            form.add_error("code", _("Ese código no sirve. Espera al siguiente y escríbelo."))
        except LockedOut as locked:
            form.add_error(None, too_many(locked))
        else:
            return _enter(request, found, _wanted(request))
    return _ask_code(request, form, proof, _wanted(request), status=422)


@require_POST
@operator
def log_out(request: HttpRequest) -> HttpResponse:
    operators.end_visits(request.operator)
    request.session.flush()
    return HttpResponseRedirect(reverse("console:login"))


@require_safe
@operator
def session(request: HttpRequest) -> HttpResponse:
    """A fresh proof for the forms of a page that has been open for long."""
    return JsonResponse({"proof": get_token(request)})


@require_http_methods(["GET", "HEAD", "POST"])
@public
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    try:
        invited = operators.invited_by(token)
    except operators.InvitationOver:
        return _plain(request, "console/link_over.html", {}, status=404)
    seed = _seed_of(request.POST.get("seed", "")) or totp.new_seed()
    form = AcceptForm(request.POST or None, initial={"name": invited.name})
    try:
        if request.method == "POST" and form.is_valid() and (codes := _accepted(invited, form, seed)):
            _begin(request, invited)
            return _plain(request, "console/recovery_codes.html", {"codes": codes})
    except operators.InvitationOver:
        return _plain(request, "console/link_over.html", {}, status=404)
    address = totp.address_of(seed, invited.email)
    context = {
        "form": form,
        "email": invited.email,
        "seed": " ".join(seed[at : at + 4] for at in range(0, len(seed), 4)),
        "address": address,
        "picture": qr.picture_of(address),
        "sealed": sealing.seal(seed, secret=settings.SECRET_KEY, purpose=_SEED),
    }
    return _plain(
        request, "console/invitation.html", context, status=422 if request.method == "POST" else 200
    )


def _authenticated(request: HttpRequest, form: LogInForm) -> Operator | None:
    given = form.cleaned_data
    try:
        return operators.authenticate(given["email"], given["password"], client=address_of(request), at=now())
    except WrongCredentials:
        form.add_error(None, _("El correo o la contraseña no son correctos."))
    except LockedOut as locked:
        form.add_error(None, too_many(locked))
    except operators.NoSecondFactor:
        form.add_error(None, _("Falta tu segundo factor: pide a otro operador que te invite de nuevo."))
    return None


def _half_way(proof: str) -> Operator | None:
    try:
        pk, unchanged = signing.loads(proof[:500], salt=_HALF_WAY, max_age=HALF_WAY_LIFE)
    except signing.BadSignature:
        return None
    found = Operator.objects.filter(pk=pk, is_active=True).first()
    return found if found and operators.proves({"operator_proof": unchanged}, found) else None


def _ask_code(
    request: HttpRequest, form: CodeForm, proof: str, wanted: str, *, status: int = 200
) -> HttpResponse:
    return _plain(request, "console/code.html", {"form": form, "proof": proof, "next": wanted}, status=status)


def _accepted(invited: Operator, form: AcceptForm, seed: str) -> list[str] | None:
    given = form.cleaned_data
    try:
        return operators.accept(
            invited,
            name=given["name"],
            password=given["password"],
            seed=seed,
            code=given["code"].replace(" ", ""),
            at=now(),
        )
    except WeakPassword as weak:
        form.add_error("password", str(weak))
    except operators.WrongCode:
        form.add_error("code", _("Ese código no sirve. Espera al siguiente y escríbelo."))
    return None


def _seed_of(sealed: str) -> str:
    try:
        return sealing.unseal(sealed[:400], secret=settings.SECRET_KEY, purpose=_SEED) if sealed else ""
    except sealing.CannotUnseal:
        return ""


def _enter(request: HttpRequest, found: Operator, wanted: str) -> HttpResponse:
    _begin(request, found)
    return HttpResponseRedirect(wanted or reverse("console:centres"))


def _begin(request: HttpRequest, found: Operator) -> None:
    """A new session, whatever the browser brought. Its cookie has the console's path."""
    at = now()
    request.session.flush()
    request.session.update(
        {
            "operator_id": found.pk,
            "operator_proof": operators.proof_of(found),
            "operator_began": at.isoformat(),
            "operator_seen": at.isoformat(),
            "began": int(at.timestamp()),
            "agent": request.headers.get("User-Agent", "")[:200],
        }
    )
    operators.entered(found, client=address_of(request), at=at)


def _wanted(request: HttpRequest) -> str:
    """Where to go afterwards: inside the console, or nowhere in particular."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    home = reverse("console:centres")
    safe = wanted.startswith(home) and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if safe else ""


def _plain(request: HttpRequest, template: str, context: dict, *, status: int = 200) -> HttpResponse:
    """The address may be a secret: no further request carries it."""
    response = render(request, template, context, status=status)
    response["Referrer-Policy"] = "strict-origin"
    return response
