"""Reading patients: search, look-alikes, matching what was typed online."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404

from reservo.core import identity
from reservo.patients.fields import PatientFields
from reservo.patients.models import Patient, PatientDifference
from reservo.patients.searching import fill_folded, words_of

MOST_VALUES = 60
MOST_COUNTED = 1_000


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
    """Other files with the same id, mail or phone; one OR of indexed columns."""
    same = Q()
    if patient.national_id_folded:
        same |= Q(national_id_folded=patient.national_id_folded, country=patient.country)
    if patient.email_folded:
        same |= Q(email_folded=patient.email_folded)
    for number in {patient.phone, patient.other_phone} - {""}:
        same |= Q(phone=number) | Q(other_phone=number)
    if not same:
        return Patient.objects.none()
    return Patient.objects.filter(same).exclude(pk=patient.pk)


def lookalikes(given: PatientFields, *, but: int | None = None) -> QuerySet[Patient]:
    """Files that have the id, mail or phone of these (cleaned) fields."""
    names = ("national_id", "country", "email", "phone", "other_phone")
    typed = Patient(pk=but, **{name: getattr(given, name) for name in names})
    fill_folded(typed)
    return duplicates_of(typed)


def values_in_use() -> dict[str, list[str]]:
    """Values of category and insurer to filter by, the first MOST_VALUES of each."""
    return {
        name: list(
            Patient.objects.exclude(**{name: ""})
            .order_by(name)
            .values_list(name, flat=True)
            .distinct()[:MOST_VALUES]
        )
        for name in ("category", "insurer")
    }


def pending_differences(patient: Patient) -> QuerySet[PatientDifference]:
    waiting = PatientDifference.objects.filter(patient=patient, state=PatientDifference.State.PENDING)
    return waiting.select_related("patient").order_by("id")


def patients_for(staff: Any, typed: str = "", *, right: str = "patients.see") -> QuerySet[Patient]:
    """Patients this member of staff has the right over: all, or their own.

    Own are those with a visit of theirs, or whose usual practitioner they are.
    """
    found = search(typed) if typed else Patient.objects.all()
    if staff.only_own(right):
        mine = staff.practitioner_id or 0
        visited = Patient.objects.filter(appointments__practitioner_id=mine).values("pk")
        found = found.filter(Q(pk__in=visited) | Q(usual_practitioner_id=mine))
    return found if right in staff.extents else found.none()


def patient_for(staff: Any, patient_id: int, *, right: str = "patients.see") -> Patient:
    """Raises Http404 if there is none or it is not this person's to see (or change, by `right`)."""
    found = patients_for(staff, right=right).filter(pk=patient_id).first()
    if found is None:
        raise Http404
    return found


def differences_for(staff: Any) -> QuerySet[PatientDifference]:
    """What waits for this person, the newest first; what one patient typed stands together."""
    waiting = PatientDifference.objects.filter(state=PatientDifference.State.PENDING)
    waiting = waiting.select_related("patient").order_by("-at", "patient_id", "id")
    if staff.only_own("patients.edit") or "patients.edit" not in staff.extents:
        return waiting.filter(patient__in=patients_for(staff, right="patients.edit"))
    return waiting


def difference_for(staff: Any, difference_id: int) -> PatientDifference | None:
    mine = patients_for(staff, right="patients.edit")
    found = PatientDifference.objects.filter(patient__in=mine, pk=difference_id)
    return found.select_related("patient").first()


def count_pending_differences(staff: Any) -> int:
    return differences_for(staff)[:MOST_COUNTED].count()
