"""The configuration's front page: what a new centre still lacks for its first online booking."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from reservo import tenancy
from reservo.catalog import setup
from reservo.catalog.models import Centre
from reservo.staff.access import right


@require_safe
@right("configuration.edit")
def index(request: HttpRequest) -> HttpResponse:
    centre = Centre.objects.get()
    found = setup.steps(centre)
    open_steps = [step for step in found if step.is_open]
    if centre.is_new and not open_steps:
        Centre.objects.update(is_new=False)
    context = {
        "steps": found,
        "open_steps": open_steps,
        "lacks": setup.lacks(),
        "address": settings.RESERVO_PUBLIC_URL + reverse("book"),
    }
    return render(request, "catalog/index.html", context)


@require_POST
@right("configuration.edit")
def skip(request: HttpRequest, step: str) -> HttpResponse:
    """Leave a step for later, and go to the next one."""
    if step not in setup.KEYS:
        raise Http404
    with tenancy.atomic():
        centre = Centre.objects.get()
        centre.setup_skipped = sorted({*centre.setup_skipped, step})
        centre.save(update_fields=["setup_skipped"])
    return redirect(setup.next_address(step))
