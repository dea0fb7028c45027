"""Versions of the tables of centres: who is behind, and how the runs that bring them up went."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from reservo.console.access import operator
from reservo.console.views.pages import show
from reservo.fleet.models import MigrationRun, TenantMigration
from reservo.fleet.schemas import queries

State = TenantMigration.State


@require_safe
@operator
def index(request: HttpRequest) -> HttpResponse:
    context = {"versions": queries.versions(), "behind": queries.behind(), "runs": queries.runs()}
    return show(request, "console/schemas.html", context)


@require_safe
@operator
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    found = MigrationRun.objects.filter(pk=run_id).first()
    if found is None:
        raise Http404
    outcomes = [
        *queries.outcomes(found, State.FAILED),
        *queries.outcomes(found, State.LATER),
        *queries.outcomes(found, State.RUNNING),
    ]
    context = {"run": queries.progress(found), "outcomes": outcomes}
    return show(request, "console/schema_run.html", context)
