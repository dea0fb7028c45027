"""A service: facts, price, who gives it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reservo import tenancy
from reservo.catalog.forms import ServiceForm
from reservo.catalog.models import Branch, Service, ServicePractitioner, ServicePrice
from reservo.catalog.views.saving import save_form, saved_words
from reservo.staff.access import right


@require_http_methods(["GET", "POST"])
@right("configuration.edit")
def edit(request: HttpRequest, object_id: int | None = None) -> HttpResponse:
    service = get_object_or_404(Service, pk=object_id) if object_id else None
    form = ServiceForm(request.POST or None, instance=service)
    if request.method == "POST" and form.is_valid():
        _save(request, form)
        messages.success(request, saved_words())
        return redirect("catalog:list", "tratamientos")
    title = service.name if service else _("Nuevo tratamiento")
    context = {"form": form, "kind": "tratamientos", "title": title, "back": _("Tratamientos")}
    return render(request, "catalog/edit.html", context, status=422 if request.method == "POST" else 200)


def _save(request: HttpRequest, form: ServiceForm) -> None:
    given = form.cleaned_data
    form.instance.price_minor = given["price_minor"] or 0
    with tenancy.atomic():
        service = save_form(request, form, "service")
        ServicePractitioner.objects.filter(service=service).delete()
        ServicePractitioner.objects.bulk_create(
            ServicePractitioner(service=service, practitioner=person) for person in given["practitioners"]
        )
        ServicePrice.objects.filter(service=service).delete()
        ServicePrice.objects.bulk_create(
            ServicePrice(service=service, branch=branch, price_minor=given[f"price_{branch.pk}"])
            for branch in Branch.objects.filter(is_active=True)
            if given.get(f"price_{branch.pk}") is not None
        )
