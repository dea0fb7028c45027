"""One's own account: password and the devices that are logged in."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from reservo.accounts import operations, queries
from reservo.accounts.forms import ChangePasswordForm
from reservo.accounts.models import Session
from reservo.accounts.passwords import WeakPassword


@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    form = ChangePasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _changed(request, form):
        return HttpResponseRedirect(reverse("accounts:login"))
    context = {
        "form": form,
        "sessions": queries.sessions_of(request.user)[:50],
        "current": request.session.session_key,
    }
    return render(request, "accounts/account.html", context, status=422 if request.method == "POST" else 200)


def _changed(request: HttpRequest, form: ChangePasswordForm) -> bool:
    if not request.user.check_password(form.cleaned_data["current"]):
        form.add_error("current", _("Esa no es tu contraseña actual."))
        return False
    try:
        operations.set_password(request.user, form.cleaned_data["password"])
    except WeakPassword as weak:
        form.add_error("password", str(weak))
        return False
    return True


@require_POST
def session_end(request: HttpRequest, session_key: str) -> HttpResponse:
    Session.objects.filter(session_key=session_key, user_id=request.user.pk).delete()
    messages.success(request, _("Sesión cerrada."))
    return HttpResponseRedirect(reverse("accounts:account"))
