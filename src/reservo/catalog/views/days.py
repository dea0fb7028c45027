"""Holidays: the public ones of each branch's region, and the centre's own days."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from reservo import tenancy
from reservo.audit.operations import record
from reservo.catalog.closed_days import public_holidays
from reservo.catalog.forms import HolidayForm
from reservo.catalog.forms.fields import language
from reservo.catalog.models import Branch, Holiday
from reservo.catalog.outside import visits_outside
from reservo.catalog.runs import runs
from reservo.catalog.views.removing import remove_days
from reservo.catalog.views.saving import posted, saved, say_left_outside, status_of
from reservo.core import zones
from reservo.core.clock import now
from reservo.staff.access import right

AHEAD_DAYS = 366
MOST_OWN = 200


@require_http_methods(["GET", "HEAD", "POST"])
@right("configuration.edit")
def holidays(request: HttpRequest) -> HttpResponse:
    form = HolidayForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with tenancy.atomic():
            made = form.save_days()
            record("holiday.saved", "holiday", made[0].pk, by=request.staff.actor(), at=now())
            days, branch_id = {day.date for day in made}, made[0].branch_id
            where = {"branch_id": branch_id} if branch_id else {}
            left = [visit for visit in visits_outside(now(), **where) if visit.local_date in days]
            say_left_outside(request, left)
        return saved(request, "catalog:holidays")
    branches = list(Branch.objects.filter(is_active=True))
    asked = request.GET.get("sucursal", "")
    branch = next((one for one in branches if str(one.pk) == asked), branches[0] if branches else None)
    today = zones.local_date(now(), branch.zone) if branch else now().date()
    context = {
        "form": form,
        "public": _coming(branch, today) if branch and branch.keeps_holidays else [],
        "own": runs(Holiday.objects.filter(date__gte=today).select_related("branch")[:MOST_OWN]),
        "branch": branch,
        "branches": branches,
    }
    return render(request, "catalog/holidays.html", context, status=status_of(request))


def _coming(branch: Branch, today) -> list:
    known: dict = {}
    for year in (today.year, today.year + 1):
        known |= public_holidays(branch.country, branch.region, year, language())
    last = today + timedelta(days=AHEAD_DAYS)
    return sorted((day, name) for day, name in known.items() if today <= day <= last)


@require_POST
@right("configuration.edit")
def holiday_remove(request: HttpRequest, object_id: int) -> HttpResponse:
    with tenancy.atomic():
        remove_days(request, get_object_or_404(Holiday, pk=object_id), back=reverse("catalog:holidays"))
        record("holiday.removed", "holiday", object_id, by=request.staff.actor(), at=now())
    return redirect("catalog:holidays")
