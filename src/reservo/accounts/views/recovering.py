"""A forgotten password, an invitation."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reservo.accounts import operations
from reservo.accounts.forms import AcceptForm, ForgotForm, NewPasswordForm
from reservo.accounts.models import User
from reservo.accounts.operations import InvitationOver, WrongCredentials
from reservo.accounts.passwords import WeakPassword
from reservo.core.clock import now
from reservo.ui.access import public


@require_http_methods(["GET", "POST"])
@public
def forgot(request: HttpRequest) -> HttpResponse:
    form = ForgotForm(request.POST or None)
    sent = request.method == "POST" and form.is_valid()
    if sent:
        operations.ask_reset(form.cleaned_data["email"], at=now())
    return render(request, "accounts/forgot.html", {"form": form, "sent": sent})


@require_http_methods(["GET", "POST"])
@public
def reset(request: HttpRequest, token: str) -> HttpResponse:
    user = operations.user_of_reset(token)
    if user is None:
        return render(request, "accounts/link_over.html", status=404)
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.set_password(user, form.cleaned_data["password"])
        except WeakPassword as weak:
            form.add_error("password", str(weak))
        else:
            return HttpResponseRedirect("/login")
    return render(request, "accounts/reset.html", {"form": form, "email": user.email})


@require_http_methods(["GET", "POST"])
@public
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    try:
        invited = operations.invitation_of(token, at=now())
    except InvitationOver:
        return render(request, "accounts/link_over.html", status=404)
    known = User.objects.filter(email=invited.email).first()
    form = AcceptForm(request.POST or None, initial={"name": known.name if known else ""})
    if request.method == "POST" and form.is_valid() and _accepted(token, form):
        return HttpResponseRedirect("/login")
    context = {"form": form, "email": invited.email, "known": known}
    return render(request, "accounts/invitation.html", context)


def _accepted(token: str, form: AcceptForm) -> bool:
    try:
        operations.accept_invitation(
            token, name=form.cleaned_data["name"], password=form.cleaned_data["password"], at=now()
        )
    except WeakPassword as weak:
        form.add_error("password", str(weak))
    except WrongCredentials:
        form.add_error("password", _("Ya tienes cuenta: escribe la contraseña que usas."))
    except InvitationOver:
        raise Http404 from None
    else:
        return True
    return False
