"""The operator's front door; and the page that stands in when there is no connection."""

from functools import lru_cache
from pathlib import Path

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


@require_safe
@public
def worker(request: HttpRequest) -> HttpResponse:
    """The script that shows the page below; it stands inside the centre's path, which is all it may touch."""
    response = HttpResponse(_worker_script(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@lru_cache(maxsize=1)
def _worker_script() -> str:
    return (Path(__file__).parent / "static" / "dist" / "worker.js").read_text()


@require_safe
@public
def offline(request: HttpRequest) -> HttpResponse:
    return render(request, "ui/offline.html")
