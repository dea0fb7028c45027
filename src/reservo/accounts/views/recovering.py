"""A forgotten password, an invitation."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reservo.accounts import operations, queries
from reservo.accounts.forms import AcceptForm, ForgotForm, NewPasswordForm
from reservo.accounts.lockout import LockedOut
from reservo.accounts.models import Invitation, User
from reservo.accounts.operations import InvitationOver, WrongCredentials
from reservo.accounts.passwords import WeakPassword
from reservo.accounts.views.entering import enter, too_many
from reservo.core.clock import now
from reservo.tenancy import directory
from reservo.ui.access import public
from reservo.ui.clients import address_of


@require_http_methods(["GET", "HEAD", "POST"])
@public
def forgot(request: HttpRequest) -> HttpResponse:
    """The answer is the same whether the address has an account or not."""
    form = ForgotForm(request.POST or None)
    sent = request.method == "POST" and form.is_valid()
    if sent:
        operations.ask_reset(form.cleaned_data["email"], at=now())
    status = 422 if request.method == "POST" and not sent else 200
    return render(request, "accounts/forgot.html", {"form": form, "sent": sent}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@public
def reset(request: HttpRequest, token: str) -> HttpResponse:
    user = operations.user_of_reset(token)
    if user is None:
        return _over(request, "accounts/reset_over.html")
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.set_password(user, form.cleaned_data["password"])
        except WeakPassword as weak:
            form.add_error("password", str(weak))
        else:
            return HttpResponseRedirect("/login?cambiada=1")
    status = 422 if request.method == "POST" else 200
    return _unreferred(
        render(request, "accounts/reset.html", {"form": form, "email": user.email}, status=status)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@public
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    try:
        invited = operations.invitation_of(token, at=now())
        known = User.objects.filter(email=invited.email).first()
        form = AcceptForm(request.POST or None, initial={"name": known.name if known else invited.name})
        if request.method == "POST" and form.is_valid() and (user := _accepted(request, token, form)):
            return _entered(request, user, invited)
    except InvitationOver:
        return _over(request, "accounts/invitation_over.html")
    context = {
        "form": form,
        "email": invited.email,
        "known": known,
        "centre": queries.name_of(invited.tenant_id),
    }
    status = 422 if request.method == "POST" else 200
    return _unreferred(render(request, "accounts/invitation.html", context, status=status))


def _accepted(request: HttpRequest, token: str, form: AcceptForm) -> User | None:
    given = form.cleaned_data
    try:
        return operations.accept_invitation(
            token, name=given["name"], password=given["password"], client=address_of(request), at=now()
        )[0]
    except WeakPassword as weak:
        form.add_error("password", str(weak))
    except WrongCredentials:
        form.add_error("password", _("Ya tienes cuenta: escribe la contraseña que usas."))
    except LockedOut as locked:
        form.add_error(None, too_many(locked))
    return None


def _entered(request: HttpRequest, user: User, invited: Invitation) -> HttpResponse:
    """Whoever proved both the mail and the password is inside."""
    route = directory.by_id(invited.tenant_id)
    return enter(request, user, route) if route else HttpResponseRedirect("/login")


def _over(request: HttpRequest, template: str) -> HttpResponse:
    return _unreferred(render(request, template, status=404))


def _unreferred(response: HttpResponse) -> HttpResponse:
    """The address is a secret: no further request may carry it."""
    response["Referrer-Policy"] = "strict-origin"
    return response
