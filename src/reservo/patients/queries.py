"""Reading patients: search, look-alikes, matching what was typed online."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404

from reservo.core import identity
from reservo.patients.fields import PatientFields
from reservo.patients.models import Patient, PatientDifference
from reservo.patients.searching import words_of


def search(typed: str) -> QuerySet[Patient]:
    """Patients whose name, id, phone or mail hold every word; accents, case and RUT points do not matter."""
    found = Patient.objects.all()
    for word in words_of(typed):
        found = found.filter(search_text__contains=word)
    return found


def match_online(given: PatientFields) -> Patient | None:
    """The file these (cleaned) fields prove: by national id, else by mail and birth date."""
    if given.national_id:
        folded = identity.fold_id(given.national_id)
        found = Patient.objects.filter(national_id_folded=folded, country=given.country).first()
        if found:
            return found
    if given.email and given.birth_date:
        same = Patient.objects.filter(email_folded=given.email.casefold(), birth_date=given.birth_date)
        return same.first()
    return None


def duplicates_of(patient: Patient) -> QuerySet[Patient]:
    """Other files with the same id, mail or phone."""
    same = Q()
    if patient.national_id_folded:
        same |= Q(national_id_folded=patient.national_id_folded)
    if patient.email_folded:
        same |= Q(email_folded=patient.email_folded)
    if patient.phone:
        same |= Q(phone=patient.phone)
    if not same:
        return Patient.objects.none()
    return Patient.objects.filter(same).exclude(pk=patient.pk)


def pending_differences(patient: Patient) -> QuerySet[PatientDifference]:
    return PatientDifference.objects.filter(patient=patient, state=PatientDifference.State.PENDING)


def patients_for(staff: Any, typed: str = "") -> QuerySet[Patient]:
    """Patients this member of staff may see: all, or those with a visit of theirs."""
    found = search(typed) if typed else Patient.objects.all()
    if staff.only_own("patients.see"):
        found = found.filter(appointments__practitioner_id=staff.practitioner_id or 0).distinct()
    return found


def patient_for(staff: Any, patient_id: int) -> Patient:
    """Raises Http404 if there is none or it is not this person's to see."""
    found = patients_for(staff).filter(pk=patient_id).first()
    if found is None:
        raise Http404
    return found


def differences_for(staff: Any) -> QuerySet[PatientDifference]:
    waiting = PatientDifference.objects.filter(state=PatientDifference.State.PENDING).select_related(
        "patient"
    )
    return waiting.filter(patient__in=patients_for(staff))


def difference_for(staff: Any, difference_id: int) -> PatientDifference | None:
    found = PatientDifference.objects.filter(patient__in=patients_for(staff), pk=difference_id)
    return found.select_related("patient").first()


def count_pending_differences() -> int:
    return PatientDifference.objects.filter(state=PatientDifference.State.PENDING)[:1000].count()
