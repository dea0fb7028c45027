"""One patient's file: shown, opened, changed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from reservo.core.clock import now
from reservo.patients import choices, operations, queries
from reservo.patients.fields import BadPatient, PatientFields, cleaned
from reservo.patients.forms import PatientForm, initial_of
from reservo.patients.models import Patient
from reservo.patients.operations import PatientChangedMeanwhile
from reservo.staff.access import right

MOST_ALIKE = 10
TELLING = ("national_id", "email", "phone", "other_phone")


@require_safe
@right("patients.see")
def show(request: HttpRequest, patient_id: int) -> HttpResponse:
    staff = request.staff
    patient = queries.patient_for(staff, patient_id)
    may_edit = queries.patients_for(staff, right="patients.edit").filter(pk=patient.pk).exists()
    alike = queries.duplicates_of(patient) & queries.patients_for(staff)
    context = {
        "patient": patient,
        "may_edit": may_edit,
        "duplicates": alike[:MOST_ALIKE],
        "differences": queries.pending_differences(patient) if may_edit else [],
        "visits": choices.visits_of(staff, patient.pk),
        "usual": dict(choices.practitioners(patient.usual_practitioner_id)).get(
            patient.usual_practitioner_id
        ),
    }
    return render(request, "patients/show.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@right("patients.edit")
def create(request: HttpRequest) -> HttpResponse:
    country = choices.default_country()
    mine = request.staff.practitioner_id if request.staff.only_own("patients.edit") else None
    first = {"country": country, "language": "es", "usual_practitioner_id": mine}
    form = _form(request, initial={**first, "given_name": request.GET.get("nombre", "")[:80]}, usual=mine)
    alike: list[Patient] = []
    if request.method == "POST" and form.is_valid():
        given = form.fields_given(usual_practitioner_id=mine)
        try:
            alike = _alike(request, given, country)
            if not alike:
                patient = operations.register(
                    given, default_country=country, by=request.staff.actor(), at=now()
                )
                messages.success(request, _("Ficha creada."))
                return redirect("patients:show", patient.pk)
        except BadPatient as refused:
            form.show(refused)
    context = {"form": form, **_told(request, alike)}
    return render(request, "patients/edit.html", context, status=409 if alike else _status(request))


@require_http_methods(["GET", "HEAD", "POST"])
@right("patients.edit")
def edit(request: HttpRequest, patient_id: int) -> HttpResponse:
    patient = queries.patient_for(request.staff, patient_id, right="patients.edit")
    form = _form(request, initial=initial_of(patient), usual=patient.usual_practitioner_id)
    meanwhile, alike, theirs = False, [], []
    if request.method == "POST" and form.is_valid():
        country = choices.default_country()
        try:
            alike = _alike(request, form.fields_given(), country, patient=patient)
            if not alike:
                _change(request, patient, form, country)
                messages.success(request, _("Cambios guardados."))
                return redirect("patients:show", patient.pk)
        except BadPatient as refused:
            form.show(refused)
        except PatientChangedMeanwhile:
            meanwhile = True
            newest = Patient.objects.get(pk=patient.pk)
            theirs = form.differing_from(newest)
            form.take_version(newest.version)
    context = {
        "form": form,
        "patient": patient,
        "meanwhile": meanwhile,
        "theirs": theirs,
        **_told(request, alike),
    }
    return render(
        request, "patients/edit.html", context, status=409 if meanwhile or alike else _status(request)
    )


def _change(request: HttpRequest, patient: Patient, form: PatientForm, country: str) -> None:
    operations.change(
        patient.pk,
        form.fields_given(),
        version=form.cleaned_data["version"] or 0,
        default_country=country,
        by=request.staff.actor(),
        at=now(),
    )


def _alike(
    request: HttpRequest, given: PatientFields, country: str, *, patient: Patient | None = None
) -> list[Patient]:
    """Other files with the same document, mail or phone, unless they were seen and it goes on. Raises BadPatient."""
    kept = cleaned(given, today=now().date(), default_country=country)
    if request.POST.get("igual"):
        return []
    if patient and all(getattr(kept, name) == getattr(patient, name) for name in TELLING):
        return []
    return list(queries.lookalikes(kept, but=patient.pk if patient else None)[:MOST_ALIKE])


def _told(request: HttpRequest, alike: list[Patient]) -> dict[str, Any]:
    """Look-alikes by name where this person may see them; else only that there are some."""
    seen = set(
        queries.patients_for(request.staff)
        .filter(pk__in=[one.pk for one in alike])
        .values_list("pk", flat=True)
    )
    return {
        "duplicates": [one for one in alike if one.pk in seen],
        "hidden_duplicates": any(one.pk not in seen for one in alike),
        "is_alike": bool(alike),
    }


def _form(request: HttpRequest, *, initial: dict, usual: int | None) -> PatientForm:
    return PatientForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        countries=choices.countries(),
        practitioners=choices.practitioners(usual),
    )


def _status(request: HttpRequest) -> int:
    return 422 if request.method == "POST" else 200
