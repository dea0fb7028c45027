"""Opening a patient's file and changing it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from reservo import tenancy
from reservo.audit.operations import record
from reservo.core.actor import Actor
from reservo.patients.fields import PatientFields, cleaned
from reservo.patients.models import Patient
from reservo.patients.searching import fill_folded
from reservo.tenancy import counters


class PatientChangedMeanwhile(RuntimeError):
    """Somebody else saved the file since it was opened; nothing was written."""


def register(
    given: PatientFields, *, default_country: str, by: Actor, at: datetime, origin: str = "staff"
) -> Patient:
    """A new file with the next number. Raises BadPatient."""
    values = cleaned(given, today=at.date(), default_country=default_country)
    patient = Patient(**asdict(values), created_at=at, created_by=by.name[:80], origin=origin)
    fill_folded(patient)
    with tenancy.atomic():
        patient.number = counters.take("patient")
        patient.save(force_insert=True)
        record("patient.created", "patient", patient.pk, by=by, at=at)
    return patient


def change(
    patient_id: int, given: PatientFields, *, version: int, default_country: str, by: Actor, at: datetime
) -> Patient:
    """Save the whole file over the version that was read.

    Raises BadPatient, PatientChangedMeanwhile, DoesNotExist.
    """
    values = cleaned(given, today=at.date(), default_country=default_country)
    with tenancy.atomic():
        patient = Patient.objects.get(pk=patient_id)
        if patient.version != version:
            raise PatientChangedMeanwhile(patient_id)
        changed = sorted(name for name, value in asdict(values).items() if value != getattr(patient, name))
        for name, value in asdict(values).items():
            setattr(patient, name, value)
        patient.version += 1
        fill_folded(patient)
        patient.save()
        record("patient.changed", "patient", patient.pk, by=by, at=at, details={"fields": changed})
    return patient
