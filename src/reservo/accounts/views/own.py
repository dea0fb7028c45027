"""One's own account: password and the devices that are logged in."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reservo import tenancy
from reservo.accounts import operations, queries
from reservo.accounts.forms import ChangePasswordForm, NameForm
from reservo.accounts.passwords import WeakPassword
from reservo.accounts.views import entering
from reservo.core.clock import now


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    form = ChangePasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _changed(request, form):
        return HttpResponseRedirect(f"{reverse('accounts:login')}?cambiada=1")
    return page(request, form=form, status=422 if request.method == "POST" else 200)


def page(
    request: HttpRequest,
    *,
    form: ChangePasswordForm | None = None,
    name_form: NameForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form or ChangePasswordForm(),
        "name_form": name_form or NameForm(initial={"name": request.staff.name}),
        "sessions": queries.sessions_of(request.user, current=request.session.session_key, at=now()),
        "other_centres": queries.named(_other_centres(request)),
        "zone": tenancy.current().zone,
    }
    return render(request, "accounts/account.html", context, status=status)


def _other_centres(request: HttpRequest) -> list[tenancy.Route]:
    here = tenancy.current().tenant_id
    return [route for route in queries.centres_of(request.user) if route.tenant_id != here]


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


def language(request: HttpRequest) -> HttpResponse:
    """Chosen in the person's menu, from any page; back to it."""
    try:
        operations.choose_language(request.user, request.POST.get("language", ""))
    except operations.UnknownLanguage:
        raise SuspiciousOperation from None
    return HttpResponseRedirect(entering.destination(request, tenancy.current()))


def session(request: HttpRequest) -> HttpResponse:
    """A fresh proof for the forms of a page that has been open for long."""
    return JsonResponse({"proof": get_token(request)})


def session_end(request: HttpRequest, mark: str) -> HttpResponse:
    operations.end_session(request.user, mark)
    messages.success(request, _("Sesión cerrada."))
    return HttpResponseRedirect(reverse("accounts:account"))


def sessions_end(request: HttpRequest) -> HttpResponse:
    """All but the one that asks."""
    operations.end_other_sessions(request.user, request.session.session_key)
    messages.success(request, _("Las demás sesiones quedaron cerradas."))
    return HttpResponseRedirect(reverse("accounts:account"))
