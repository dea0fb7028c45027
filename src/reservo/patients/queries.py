"""Reading patients: search, look-alikes, matching what was typed online."""

from __future__ import annotations

from django.db.models import Q, QuerySet

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
