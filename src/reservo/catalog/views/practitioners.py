"""A practitioner: facts, branches, services, weekly hours, dates that differ."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from reservo import tenancy
from reservo.audit.operations import record
from reservo.catalog.forms import ExceptionForm, PractitionerForm
from reservo.catalog.models import Practitioner, PractitionerBranch, ServicePractitioner, WorkingException
from reservo.catalog.operations import photos
from reservo.catalog.operations.hours import set_working_hours
from reservo.catalog.outside import visits_outside
from reservo.catalog.runs import Run, runs
from reservo.catalog.views.removing import remove_days
from reservo.catalog.views.saving import (
    posted,
    save_form,
    saved,
    saved_words,
    say_left_outside,
    status_of,
)
from reservo.core.clock import now
from reservo.core.pictures import MOST_BYTES, InvalidPicture
from reservo.staff.access import right

MOST_EXCEPTIONS = 100


@require_http_methods(["GET", "HEAD", "POST"])
@right("configuration.edit")
def edit(request: HttpRequest, object_id: int | None = None) -> HttpResponse:
    person = get_object_or_404(Practitioner, pk=object_id) if object_id is not None else None
    with tenancy.atomic():
        form = PractitionerForm(posted(request), request.FILES or None, instance=person)
        if request.method == "POST" and form.is_valid() and _saved(request, form):
            return saved(request, "catalog:list", "profesionales")
    context = {
        "form": form,
        "person": person,
        "exceptions": _exceptions(person),
        "exception_form": ExceptionForm(),
    }
    return render(request, "catalog/practitioner.html", context, status=status_of(request))


def _exceptions(person: Practitioner | None) -> list[Run]:
    if person is None:
        return []
    coming = WorkingException.objects.filter(practitioner=person, date__gte=now().date() - timedelta(days=1))
    return runs(coming.select_related("branch", "room")[:MOST_EXCEPTIONS])


def _saved(request: HttpRequest, form: PractitionerForm) -> bool:
    """False, and nothing changed, if what was sent as a photograph is none."""
    try:
        with tenancy.atomic():
            _save(request, form)
            _put_photo(request, form)
    except InvalidPicture:
        form.add_error("picture", _("No pudimos leer la imagen: usa un PNG, JPG o WebP de hasta 5 MB."))
        return False
    return True


def _put_photo(request: HttpRequest, form: PractitionerForm) -> None:
    """Raises InvalidPicture."""
    given, by, at = form.cleaned_data, request.staff.actor(), now()
    sent = given.get("picture")
    if sent:
        if sent.size > MOST_BYTES:
            raise InvalidPicture("bytes")
        photos.set_photo(form.instance, sent.read(), by=by, at=at)
    elif given.get("without_picture"):
        photos.remove_photo(form.instance, by=by, at=at)


def _save(request: HttpRequest, form: PractitionerForm) -> None:
    given = form.cleaned_data
    by, at = request.staff.actor(), now()
    with tenancy.atomic():
        person = save_form(request, form, "practitioner")
        here = [branch.pk for branch in form.branches_of_centre]
        PractitionerBranch.objects.filter(practitioner=person, branch_id__in=here).delete()
        PractitionerBranch.objects.bulk_create(
            PractitionerBranch(practitioner=person, branch=branch) for branch in given["branches"]
        )
        ServicePractitioner.objects.filter(practitioner=person, service__is_active=True).delete()
        ServicePractitioner.objects.bulk_create(
            ServicePractitioner(practitioner=person, service=service) for service in given["services"]
        )
        for branch in form.branches_of_centre:
            works_here = branch in given["branches"]
            set_working_hours(person, branch, given[f"hours_{branch.pk}"] if works_here else [], by=by, at=at)
        say_left_outside(request, visits_outside(at, practitioner_id=person.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@right("configuration.edit")
def exceptions(request: HttpRequest, practitioner_id: int) -> HttpResponse:
    person = get_object_or_404(Practitioner, pk=practitioner_id)
    form = ExceptionForm(posted(request), instance=WorkingException(practitioner=person))
    if request.method == "POST" and form.is_valid():
        at = now()
        with tenancy.atomic():
            made = form.save_days()
            record("exception.saved", "practitioner", person.pk, by=request.staff.actor(), at=at)
            days = {row.date for row in made}
            left = visits_outside(at, practitioner_id=person.pk)
            say_left_outside(request, [visit for visit in left if visit.local_date in days])
        messages.success(request, saved_words())
        return redirect("catalog:practitioner", person.pk)
    context = {"form": form, "kind": "profesionales", "title": person.name, "back": _("Profesionales")}
    return render(request, "catalog/edit.html", context, status=status_of(request))


@require_POST
@right("configuration.edit")
def exception_remove(request: HttpRequest, object_id: int) -> HttpResponse:
    row = get_object_or_404(WorkingException, pk=object_id)
    with tenancy.atomic():
        person_id = row.practitioner_id
        remove_days(request, row, back=reverse("catalog:exceptions", args=[person_id]))
        record("exception.removed", "exception", object_id, by=request.staff.actor(), at=now())
    return redirect("catalog:practitioner", person_id)
