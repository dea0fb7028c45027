"""A patient books online: page and interface for programs go through this one door."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from reservo import tenancy
from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment, Hold
from reservo.agenda.operations import Booking
from reservo.agenda.transitions import FREES_TIME
from reservo.booking.models import BookingPage, FormField, IdempotencyKey, PrivacyAcceptance
from reservo.catalog import queries as catalog
from reservo.core import text
from reservo.core.actor import Actor
from reservo.patients import operations as patients
from reservo.patients import queries as patient_queries
from reservo.patients.fields import BadPatient, FieldError, PatientFields, cleaned
from reservo.patients.models import Patient

MOST_COMMENT = 2_000
KEY_LIFE = timedelta(hours=24)
FORM = "form"


class BadBooking(ValueError):
    """Fields that cannot be accepted, by name."""

    def __init__(self, errors: dict[str, FieldError]):
        super().__init__(", ".join(errors))
        self.errors = errors


class AlreadyBooked(RuntimeError):
    """This form made its visit already, with other data."""


class PatientRefused(RuntimeError):
    """A rule about patients says no; which one is not told, as it would tell who is a patient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineBooking:
    branch_id: int
    service_id: int
    practitioner_id: int | None
    starts_at: datetime
    patient: PatientFields
    comment: str = ""
    privacy_accepted: bool = False
    privacy: tuple[int, str] | None = None
    hold_token: str = ""
    origin: str = "web"
    language: str = "es"


def book_online(request: OnlineBooking, *, at: datetime) -> Appointment:
    """Everything or nothing: patient, visit, acceptance of the privacy text, differences for staff.

    Raises BadBooking, PatientRefused, and what `agenda.operations.book` raises for online times.
    """
    page = open_page()
    centre = catalog.centre()
    fields, comment = _checked(request, centre.country, at=at)
    request = replace(request, comment=comment)
    if not request.hold_token and not tenancy.in_transaction():
        agenda.glance(booking_of(request, page, centre, at=at), at=at)
    with tenancy.atomic():
        patient = _patient(fields, page, centre.country, request, at=at)
        by = Actor("patient", patient.pk, fields.given_name, "api" if request.origin == "api" else "web")
        appointment = agenda.book(booking_of(request, page, centre, fields, patient, at=at), by=by, at=at)
        patients.note_differences(patient, fields, appointment_id=appointment.pk, at=at)
        _note_acceptance(appointment, request, at=at)
    return appointment


def book_once(request: OnlineBooking, *, key: str, body_hash: str, at: datetime) -> Appointment:
    """Book by the hold or, if it ran out but the time is free, without it; a form posted again is one booking.

    The key's row commits with the visit, so a second post waits for the first and gets its visit; the same form
    with other data is no second visit: it raises AlreadyBooked.
    """
    with tenancy.atomic():
        IdempotencyKey.objects.filter(created_at__lt=at - KEY_LIFE).delete()
        kept = IdempotencyKey.objects.filter(operation=FORM, key=key).first()
        if kept is None:
            appointment = _book_held_or_free(request, at=at)
            made = json.dumps({"appointment": appointment.pk})
            IdempotencyKey.objects.create(
                operation=FORM, key=key, body_hash=body_hash, response=made, created_at=at
            )
            return appointment
    if kept.body_hash != body_hash:
        raise AlreadyBooked
    return Appointment.objects.get(pk=json.loads(kept.response)["appointment"])


def _book_held_or_free(request: OnlineBooking, *, at: datetime) -> Appointment:
    try:
        return book_online(request, at=at)
    except agenda.HoldOver:
        return book_online(replace(request, hold_token=""), at=at)  # nosec B106


def open_page() -> BookingPage:
    """The page's rules. Raises NotOffered while nothing is booked online."""
    page = BookingPage.objects.get()
    if not page.is_open:
        raise agenda.NotOffered
    return page


def booking_of(
    request: OnlineBooking,
    page: BookingPage,
    centre: Any,
    fields: PatientFields | None = None,
    patient: Patient | None = None,
    *,
    at: datetime,
) -> Booking:
    """The agenda's own request, with the page's bounds."""
    return Booking(
        branch_id=request.branch_id,
        service_ids=(request.service_id,),
        practitioner_id=request.practitioner_id,
        starts_at=request.starts_at,
        patient_id=patient.pk if patient else None,
        comment=request.comment,
        origin=request.origin,
        language=request.language,
        contact_email=fields.email if fields else "",
        contact_name=fields.given_name if fields else "",
        rules="online",
        step_minutes=centre.step_minutes,
        earliest=at + timedelta(minutes=page.least_notice_minutes),
        latest=at + timedelta(days=page.horizon_days),
        hold_token=request.hold_token,
    )


def hold_online(request: OnlineBooking, *, address_hash: str, form_id: str, at: datetime) -> Hold:
    """Keep the time while the form is filled in; an hour it kept before is free again.

    Raises TimeTaken, NotOffered, TooManyHolds, UnknownObject, BadTime.
    """
    page = open_page()
    booking = booking_of(request, page, catalog.centre(), at=at)
    held, _token = agenda.hold(
        booking,
        minutes=page.hold_minutes,
        address_hash=address_hash,
        earlier_token=form_id,
        token=form_id,
        at=at,
    )
    return held


def held_by(form_id: str, *, at: datetime) -> Hold | None:
    """The hour that this form keeps now."""
    return agenda.hold_of(form_id, at=at)


def check_fields(request: OnlineBooking, *, at: datetime) -> None:
    """Raises BadBooking with every field that is wrong; books nothing."""
    _checked(request, catalog.centre().country, at=at)


def _checked(request: OnlineBooking, country: str, *, at: datetime) -> tuple[PatientFields, str]:
    """Patient and comment as they are kept. Raises BadBooking."""
    errors: dict[str, FieldError] = {}
    fields, comment = request.patient, ""
    try:
        fields = cleaned(request.patient, today=at.date(), default_country=country)
    except BadPatient as bad:
        errors.update({f"patient.{name}": error for name, error in bad.errors.items()})
    for name in FormField.objects.filter(is_required=True).values_list("field", flat=True):
        given = request.comment if name == "comment" else getattr(request.patient, name, "")
        key = name if name == "comment" else f"patient.{name}"
        if not given and not (name == "national_id" and request.patient.is_foreigner):
            errors.setdefault(key, FieldError("required", _("Este dato hace falta.")))
    if not request.privacy_accepted:
        errors["privacy_accepted"] = FieldError("required", _("Acepta el texto de privacidad para reservar."))
    try:
        comment = text.clean(request.comment, MOST_COMMENT, lines=True)
    except text.TooLong:
        errors["comment"] = FieldError("too_long", _("El texto es demasiado largo."))
    if errors:
        raise BadBooking(errors)
    return fields, comment


def _patient(
    fields: PatientFields, page: BookingPage, country: str, request: OnlineBooking, *, at: datetime
) -> Patient:
    known = patient_queries.match_online(fields)
    if known is None:
        if not page.accepts_new_patients:
            raise PatientRefused
        by = Actor("patient", None, fields.given_name, "api" if request.origin == "api" else "web")
        return patients.register(fields, default_country=country, by=by, at=at, origin=request.origin)
    if known.state != Patient.State.ACTIVE or _has_enough(known, page.most_future_appointments, at):
        raise PatientRefused
    return known


def _has_enough(patient: Patient, most: int, at: datetime) -> bool:
    future = Appointment.objects.filter(patient=patient, starts_at__gt=at).exclude(state__in=FREES_TIME)
    return bool(most) and future.count() >= most


def _note_acceptance(appointment: Appointment, request: OnlineBooking, *, at: datetime) -> None:
    """Version 0 is the standard text of a centre that has not written its own."""
    version, language = request.privacy or _current_privacy(request.language)
    PrivacyAcceptance.objects.create(
        appointment=appointment, version=version, language=language, accepted_at=at
    )


def _current_privacy(language: str) -> tuple[int, str]:
    newest = catalog.privacy_text(language)
    return (newest.version, newest.language) if newest else (0, language)
