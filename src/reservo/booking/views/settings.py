"""The booking page's rules, form and sites, set by the administrator."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reservo import tenancy
from reservo.audit.operations import record
from reservo.booking.models import BookingPage
from reservo.booking.settings_forms import RulesForm
from reservo.core.clock import now
from reservo.staff.access import right


@require_http_methods(["GET", "HEAD", "POST"])
@right("configuration.edit")
def edit(request: HttpRequest) -> HttpResponse:
    form = RulesForm(request.POST or None, instance=BookingPage.objects.get())
    if request.method == "POST" and form.is_valid():
        with tenancy.atomic():
            form.save_all()
            changed = {"changed": form.changed_data}
            record("booking.rules", "booking_page", 1, by=request.staff.actor(), at=now(), details=changed)
        messages.success(request, _("Cambios guardados."))
        return redirect("booking_settings")
    context = {
        "form": form,
        "page_url": settings.RESERVO_PUBLIC_URL + reverse("book"),
        "embed_url": settings.RESERVO_PUBLIC_URL + reverse("embed"),
    }
    return render(request, "booking/settings.html", context, status=422 if request.method == "POST" else 200)
