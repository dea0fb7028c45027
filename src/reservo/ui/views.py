"""The operator's front door: where to log in; in a demo, which centres there are."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reservo.tenancy import directory
from reservo.ui.access import public


@require_safe
@public
def landing(request: HttpRequest) -> HttpResponse:
    routes = directory.all_active()[:20] if settings.RESERVO_DEMO else []
    return render(request, "ui/landing.html", {"routes": routes})
