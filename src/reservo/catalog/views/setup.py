"""The configuration's front page: what a new centre still lacks for its first online booking."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from reservo import tenancy
from reservo.catalog.models import Branch, Centre, Practitioner, Service, ServicePractitioner, WorkingPeriod
from reservo.staff.access import right


def steps(centre: Centre) -> list[dict]:
    """Five steps to the first online booking; each is done, skipped or open."""
    branch = Branch.objects.filter(is_active=True).first()
    bookable = ServicePractitioner.objects.filter(service__is_active=True, practitioner__is_active=True)
    found = [
        ("centro", _("Tu centro: nombre, logo y color"), reverse("catalog:centre"), bool(centre.logo)),
        (
            "sucursal",
            _("Tu sucursal: dirección y horario"),
            reverse("catalog:edit", args=["sucursales", branch.pk])
            if branch
            else reverse("catalog:list", args=["sucursales"]),
            bool(branch and branch.address),
        ),
        (
            "tratamientos",
            _("Qué ofreces"),
            reverse("catalog:service_create"),
            Service.objects.filter(is_active=True).exists(),
        ),
        (
            "profesionales",
            _("Quién atiende y cuándo"),
            reverse("catalog:practitioner_create"),
            Practitioner.objects.filter(is_active=True).exists()
            and WorkingPeriod.objects.exists()
            and bookable.exists(),
        ),
        ("reserva", _("Tu página de reservas"), reverse("booking_settings"), bookable.exists()),
    ]
    return [
        {"key": key, "label": label, "url": url, "done": done, "skipped": key in centre.setup_skipped}
        for key, label, url, done in found
    ]


@require_safe
@right("configuration.edit")
def index(request: HttpRequest) -> HttpResponse:
    centre = Centre.objects.get()
    found = steps(centre)
    open_steps = [step for step in found if not (step["done"] or step["skipped"])]
    address = request.build_absolute_uri(reverse("book"))
    context = {"steps": found, "open_steps": open_steps, "address": address}
    return render(request, "catalog/index.html", context)


@require_POST
@right("configuration.edit")
def skip(request: HttpRequest, step: str) -> HttpResponse:
    with tenancy.atomic():
        centre = Centre.objects.get()
        if step not in {found["key"] for found in steps(centre)}:
            raise Http404
        centre.setup_skipped = sorted({*centre.setup_skipped, step})
        centre.save(update_fields=["setup_skipped"])
    return redirect("catalog:index")
