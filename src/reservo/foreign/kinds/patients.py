"""Patients, by the rules of their form: a value that it would refuse leaves its field and stands in the comments."""

from __future__ import annotations

from dataclasses import asdict, replace

from django.utils import translation
from django.utils.translation import gettext as _

from reservo.foreign.batches import Batch, Counts, World
from reservo.foreign.reading import Reading, Rejected
from reservo.patients.fields import BadPatient, PatientFields, cleaned
from reservo.patients.models import Patient
from reservo.patients.searching import fill_folded
from reservo.tenancy import counters

ORIGIN = "import"
MOST_COMMENTS = 4_000
_TEXTS = (
    ("given_name", 80),
    ("paternal_surname", 80),
    ("maternal_surname", 80),
    ("national_id", 60),
    ("phone", 40),
    ("other_phone", 40),
    ("email", 254),
    ("address", 200),
    ("city", 80),
    ("insurer", 80),
    ("category", 60),
    ("reference", 120),
)


def bring(batch: Batch) -> None:
    made: list[tuple[Reading, Patient]] = []
    for reading in batch.readings:
        try:
            made.append((reading, _patient(reading, batch.world)))
        except Rejected as why:
            batch.reject(reading, why)
    numbers = Counts(lambda: counters.take("patient"), Patient).given([one for one, _patient in made])
    for place, (_reading, patient) in enumerate(made):
        patient.number = numbers[place]
    Patient.objects.bulk_create([patient for _, patient in made])
    for reading, patient in made:
        batch.bring(reading, patient)


def _patient(reading: Reading, world: World) -> Patient:
    values = _cleaned(reading, world)
    patient = Patient(
        **asdict(values),
        created_at=reading.created_at(world.centre.zone, at=world.at),
        created_by=world.by.name,
        origin=ORIGIN,
    )
    fill_folded(patient)
    return patient


def _cleaned(reading: Reading, world: World) -> PatientFields:
    given = _given(reading, world)
    try:
        return cleaned(given, today=world.at.date(), default_country=world.centre.country)
    except BadPatient as bad:
        if "given_name" in bad.errors:
            raise Rejected("missing", "given_name") from None
        kept = _without(given, sorted(bad.errors), reading, world)
    try:
        return cleaned(kept, today=world.at.date(), default_country=world.centre.country)
    except BadPatient as worse:
        raise Rejected("bad_value", sorted(worse.errors)[0]) from None


def _given(reading: Reading, world: World) -> PatientFields:
    texts = {name: reading.text(name, longest) for name, longest in _TEXTS}
    country = reading.text("country", 2).upper() or world.centre.country
    return PatientFields(
        **texts,
        country=country,
        is_foreigner=reading.flag("foreigner", False),
        language=world.centre.language,
        sex=str(reading.raw("sex") or Patient.Sex.UNKNOWN),
        birth_date=reading.day("birth_date"),
        state=Patient.State.ACTIVE if reading.is_active() else Patient.State.INACTIVE,
        comments=reading.text("comments", MOST_COMMENTS, lines=True),
    )


def _without(given: PatientFields, names: list[str], reading: Reading, world: World) -> PatientFields:
    """What is not valid, said in the comments instead."""
    empty = PatientFields()
    lines = [given.comments] if given.comments else []
    with translation.override(world.centre.language):
        for name in names:
            value = getattr(given, name)
            reading.note("bad_value", name, value)
            words = _("Según el sistema anterior (%(field)s): %(value)s")
            lines.append(words % {"field": _field_words(name), "value": value})
    changes = {name: getattr(empty, name) for name in names}
    return replace(given, **{**changes, "comments": "\n".join(lines)[:MOST_COMMENTS]})


def _field_words(name: str) -> str:
    return {
        "national_id": _("documento"),
        "phone": _("teléfono"),
        "other_phone": _("otro teléfono"),
        "email": _("correo"),
        "birth_date": _("fecha de nacimiento"),
        "sex": _("sexo"),
    }.get(name, name)
