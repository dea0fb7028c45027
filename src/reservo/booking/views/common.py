"""What all pages for patients share: the centre's look, no cookies, frames on listed sites."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from reservo.booking.models import BookingPage
from reservo.catalog import queries as catalog
from reservo.catalog.models import Centre
from reservo.ui.access import public

View = Callable[..., HttpResponse]


def for_patients(view: View) -> View:
    """Public; forms prove themselves by what is signed in them, so no cookie is set or read."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.frame_ancestors = BookingPage.objects.values_list("frame_sites", flat=True).get()
        response.setdefault("Cache-Control", "no-store")
        return response

    return public(csrf_exempt(shown))


def page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Render with the centre's own look."""
    return render(request, template, {**look(catalog.centre()), **context}, status=status)


def look(centre: Centre) -> dict[str, Any]:
    return {
        "centre": centre,
        "theme_url": f"{reverse('theme')}?v={centre.colour[1:]}",
        "logo_url": f"{reverse('logo')}?v={centre.logo[-12:-4]}" if centre.logo else "",
    }
