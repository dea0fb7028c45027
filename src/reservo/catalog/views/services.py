"""A service: facts, price, who gives it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reservo import tenancy
from reservo.catalog.forms import ServiceForm
from reservo.catalog.models import Service, ServicePractitioner, ServicePrice
from reservo.catalog.views.saving import posted, save_form, saved, status_of
from reservo.staff.access import right


@require_http_methods(["GET", "HEAD", "POST"])
@right("configuration.edit")
def edit(request: HttpRequest, object_id: int | None = None) -> HttpResponse:
    service = get_object_or_404(Service, pk=object_id) if object_id is not None else None
    title = service.name if service else _("Nuevo tratamiento")
    before = (service.duration_minutes, service.price_minor) if service else None
    with tenancy.atomic():
        form = ServiceForm(posted(request), instance=service)
        if request.method == "POST" and form.is_valid():
            made = _save(request, form)
            if before and before != (made.duration_minutes, made.price_minor):
                messages.info(request, _("Las citas ya dadas conservan la duración y el precio que tenían."))
            if made.is_active and form.lacks_somebody():
                messages.warning(request, _("Nadie lo hace todavía: no se puede reservar."))
            return saved(request, "catalog:list", "tratamientos")
    context = {"kind": "tratamientos", "title": title, "back": _("Tratamientos"), "row": service}
    return render(request, "catalog/edit.html", {**context, "form": form}, status=status_of(request))


def _save(request: HttpRequest, form: ServiceForm) -> Service:
    given = form.cleaned_data
    form.instance.price_minor = given["price_minor"] or 0
    with tenancy.atomic():
        service = save_form(request, form, "service")
        ServicePractitioner.objects.filter(service=service, practitioner__is_active=True).delete()
        ServicePractitioner.objects.bulk_create(
            ServicePractitioner(service=service, practitioner=person) for person in given["practitioners"]
        )
        priced = [int(name[6:]) for name in form.fields if name.startswith("price_") and name[6:].isdigit()]
        ServicePrice.objects.filter(service=service, branch_id__in=priced).delete()
        ServicePrice.objects.bulk_create(
            ServicePrice(service=service, branch_id=branch_id, price_minor=given[f"price_{branch_id}"])
            for branch_id in priced
            if given.get(f"price_{branch_id}") is not None
        )
    return service
