"""What was typed online and differs from the file: taken or left."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from reservo.core.clock import now
from reservo.patients import operations, queries
from reservo.patients.models import PatientDifference
from reservo.patients.operations import DifferenceDecided
from reservo.staff.access import right


@require_safe
@right("patients.edit")
def index(request: HttpRequest) -> HttpResponse:
    page = Paginator(queries.differences_for(request.staff), 50).get_page(request.GET.get("page"))
    return render(request, "patients/differences.html", {"page": page})


@require_POST
@right("patients.edit")
def accept(request: HttpRequest, difference_id: int) -> HttpResponse:
    difference = _difference(request, difference_id)
    try:
        operations.accept_difference(difference.pk, by=request.staff.actor(), at=now())
        messages.success(request, _("El dato nuevo quedó en la ficha."))
    except DifferenceDecided:
        messages.info(request, _("Ya estaba decidido."))
    return _back(request, difference)


@require_POST
@right("patients.edit")
def reject(request: HttpRequest, difference_id: int) -> HttpResponse:
    difference = _difference(request, difference_id)
    try:
        operations.reject_difference(difference.pk, by=request.staff.actor(), at=now())
        messages.success(request, _("La ficha queda como estaba."))
    except DifferenceDecided:
        messages.info(request, _("Ya estaba decidido."))
    return _back(request, difference)


def _back(request: HttpRequest, difference: PatientDifference) -> HttpResponse:
    """To the list for who works through the list, else to the file."""
    if request.POST.get("back") == "list":
        return redirect("patients:differences")
    return redirect("patients:show", difference.patient_id)


def _difference(request: HttpRequest, difference_id: int) -> PatientDifference:
    found = queries.difference_for(request.staff, difference_id)
    if found is None:
        raise Http404
    return found
