"""The trail of actions, for those who may read it."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reservo import tenancy
from reservo.audit.models import Action
from reservo.staff.access import right


@require_safe
@right("audit.see")
def index(request: HttpRequest) -> HttpResponse:
    found = Action.objects.all()
    typed = request.GET.get("q", "").strip()[:80]
    if typed:
        found = found.filter(actor_name__icontains=typed) | found.filter(action__icontains=typed)
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    return render(request, "staff/audit.html", {"page": page, "typed": typed, "zone": tenancy.current().zone})
