"""One's own name, as this centre shows it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from reservo.accounts import operations as accounts
from reservo.accounts.forms import NameForm
from reservo.accounts.views import own
from reservo.core.clock import now
from reservo.staff import operations


def change(request: HttpRequest) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return own.page(request, name_form=form, status=422)
    name = form.cleaned_data["name"]
    operations.rename(request.staff.pk, name, by=request.staff.actor(), at=now())
    accounts.rename(request.user, name)
    messages.success(request, _("Cambios guardados."))
    return redirect("accounts:account")
