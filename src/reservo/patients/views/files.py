"""One patient's file: shown, opened, changed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from reservo.core.clock import now
from reservo.patients import choices, operations, queries
from reservo.patients.fields import BadPatient
from reservo.patients.forms import PatientForm, initial_of
from reservo.patients.operations import PatientChangedMeanwhile
from reservo.staff.access import right


@require_safe
@right("patients.see")
def show(request: HttpRequest, patient_id: int) -> HttpResponse:
    patient = queries.patient_for(request.staff, patient_id)
    context = {
        "patient": patient,
        "duplicates": queries.duplicates_of(patient)[:10],
        "differences": queries.pending_differences(patient),
        "visits": choices.visits_of(patient.pk),
    }
    return render(request, "patients/show.html", context)


@require_http_methods(["GET", "POST"])
@right("patients.edit")
def create(request: HttpRequest) -> HttpResponse:
    country = choices.default_country()
    form = _form(
        request, initial={"given_name": request.GET.get("nombre", ""), "country": country, "language": "es"}
    )
    if request.method == "POST" and form.is_valid():
        try:
            patient = operations.register(
                form.fields_given(), default_country=country, by=request.staff.actor(), at=now()
            )
        except BadPatient as refused:
            form.show(refused)
        else:
            messages.success(request, _("Ficha creada."))
            return redirect("patients:show", patient.pk)
    return render(request, "patients/edit.html", {"form": form}, status=_status(request))


@require_http_methods(["GET", "POST"])
@right("patients.edit")
def edit(request: HttpRequest, patient_id: int) -> HttpResponse:
    patient = queries.patient_for(request.staff, patient_id)
    form = _form(request, initial=initial_of(patient))
    meanwhile = False
    if request.method == "POST" and form.is_valid():
        try:
            operations.change(
                patient.pk,
                form.fields_given(),
                version=form.cleaned_data["version"] or 0,
                default_country=choices.default_country(),
                by=request.staff.actor(),
                at=now(),
            )
        except BadPatient as refused:
            form.show(refused)
        except PatientChangedMeanwhile:
            meanwhile = True
        else:
            messages.success(request, _("Cambios guardados."))
            return redirect("patients:show", patient.pk)
    context = {"form": form, "patient": patient, "meanwhile": meanwhile}
    return render(request, "patients/edit.html", context, status=409 if meanwhile else _status(request))


def _form(request: HttpRequest, *, initial: dict) -> PatientForm:
    return PatientForm(
        request.POST or None,
        initial=initial,
        countries=choices.countries(),
        practitioners=choices.practitioners(),
    )


def _status(request: HttpRequest) -> int:
    return 422 if request.method == "POST" else 200
