"""Whom a visit of the form is for: somebody chosen, or a patient made in place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.http import HttpRequest

from reservo.agenda.forms import VisitForm
from reservo.agenda.views.refusals import NO_PLACE, KnownAlready
from reservo.catalog import queries as catalog
from reservo.patients import operations as patients
from reservo.patients.fields import PatientFields, cleaned
from reservo.patients.queries import lookalikes

MOST_ALIKE = 3


@contextmanager
def for_whom(request: HttpRequest, form: VisitForm, at: datetime) -> Iterator[int | None]:
    """The patient, made in place if need be; one who is known already is said together with what the place refuses.

    Inside a transaction: whoever was made for a visit that is refused is not kept.
    """
    known, patient_id = None, form.cleaned_data["patient"]
    try:
        patient_id = patient_id or _new_patient(request, form, at)
    except KnownAlready as error:
        known = error
    try:
        yield patient_id
    except NO_PLACE as refused:
        if known is None:
            raise
        known.also = refused
    if known:
        raise known


def _new_patient(request: HttpRequest, form: VisitForm, at: datetime) -> int | None:
    """The patient made in place, if a name was typed. Raises BadPatient and KnownAlready."""
    given = form.cleaned_data
    if not given["new_given_name"]:
        return None
    fields = PatientFields(
        given_name=given["new_given_name"],
        paternal_surname=given["new_paternal_surname"],
        phone=given["new_phone"],
        email=given["new_email"],
        national_id=given["new_national_id"],
    )
    country = catalog.centre().country
    if not given["another_person"]:
        _check_unknown(fields, country, at)
    patient = patients.register(fields, default_country=country, by=request.staff.actor(), at=at)
    form.made_patient = patient
    return patient.pk


def _check_unknown(fields: PatientFields, country: str, at: datetime) -> None:
    """Raises KnownAlready for somebody who has the document, mail or phone of a file."""
    kept = cleaned(fields, today=at.date(), default_country=country)
    alike = list(lookalikes(kept)[:MOST_ALIKE])
    if alike:
        raise KnownAlready(alike)
