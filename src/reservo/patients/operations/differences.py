"""What was typed online and is not what the file says: kept aside until staff decide."""

from __future__ import annotations

from datetime import datetime

from reservo import tenancy
from reservo.audit.operations import record
from reservo.core.actor import Actor
from reservo.patients.fields import PatientFields
from reservo.patients.models import Patient, PatientDifference
from reservo.patients.searching import fill_folded

COMPARED = (
    "given_name",
    "paternal_surname",
    "maternal_surname",
    "phone",
    "email",
    "national_id",
    "birth_date",
    "address",
    "city",
    "insurer",
)


class DifferenceDecided(RuntimeError):
    """It was accepted or rejected before."""


def note_differences(patient: Patient, given: PatientFields, *, appointment_id: int, at: datetime) -> int:
    """Write down every value given (already cleaned) that the file does not have; how many.

    A value that waits already is not written twice; a newer one takes the place of what waited.
    """
    rows = [
        PatientDifference(
            patient=patient,
            field=name,
            on_file=_text(patient, name),
            given=new,
            appointment_id=appointment_id,
            at=at,
        )
        for name in COMPARED
        if (new := _text(given, name)) and new != _text(patient, name)
    ]
    if not rows:
        return 0
    with tenancy.atomic():
        waiting = PatientDifference.objects.filter(patient=patient, state=PatientDifference.State.PENDING)
        waiting.filter(field__in=[row.field for row in rows]).delete()
        PatientDifference.objects.bulk_create(rows)
    return len(rows)


def accept_difference(difference_id: int, *, by: Actor, at: datetime) -> Patient:
    """Put the given value on file. Raises DifferenceDecided, DoesNotExist."""
    with tenancy.atomic():
        difference = _decide(difference_id, PatientDifference.State.ACCEPTED, by, at)
        patient = difference.patient
        field = Patient._meta.get_field(difference.field)
        setattr(patient, difference.field, field.to_python(difference.given))
        patient.version += 1
        fill_folded(patient)
        patient.save()
        record("patient.changed", "patient", patient.pk, by=by, at=at, details={"fields": [difference.field]})
    return patient


def reject_difference(difference_id: int, *, by: Actor, at: datetime) -> None:
    """Keep the file as it is. Raises DifferenceDecided, DoesNotExist."""
    with tenancy.atomic():
        _decide(difference_id, PatientDifference.State.REJECTED, by, at)


def _decide(difference_id: int, state: str, by: Actor, at: datetime) -> PatientDifference:
    difference = PatientDifference.objects.select_related("patient").get(pk=difference_id)
    if difference.state != PatientDifference.State.PENDING:
        raise DifferenceDecided(difference_id)
    difference.state = state
    difference.decided_by = by.name[:80]
    difference.decided_at = at
    difference.save(update_fields=["state", "decided_by", "decided_at"])
    return difference


def _text(row: object, name: str) -> str:
    value = getattr(row, name)
    return value.isoformat() if hasattr(value, "isoformat") else str(value or "")
