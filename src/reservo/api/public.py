"""The public operations: what can be booked, when, and booking it."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from reservo import tenancy
from reservo.agenda import links
from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment
from reservo.api import limits
from reservo.api.entering import for_centre
from reservo.api.problems import Problem, answer, field_error, invalid
from reservo.api.reading import booking_read
from reservo.booking import operations as booking
from reservo.booking.models import FormField, IdempotencyKey
from reservo.booking.offering import NothingBookable, offered_times
from reservo.booking.operations import BadBooking, PatientRefused
from reservo.catalog import queries as catalog
from reservo.core import localdays, zones
from reservo.core.clock import now

MOST_DAYS = 62
KEY_LIFE = timedelta(hours=24)
LONGEST_KEY = 128


@for_centre("GET", limits.READS)
def centre(request: HttpRequest) -> HttpResponse:
    """What is bookable online."""
    found = catalog.centre()
    catalogue = catalog.online_catalogue()
    used = {pk for one in catalogue.services for people in one.by_branch.values() for pk in people}
    return answer(
        {
            "name": found.name,
            "zone": found.zone,
            "language": found.language,
            "step_minutes": found.step_minutes,
            "branches": [{"id": row.pk, "name": row.name, "zone": row.zone} for row in catalogue.branches],
            "services": [
                {
                    "id": one.service.pk,
                    "name": one.service.name,
                    "duration_minutes": one.service.duration_minutes,
                    "price_minor": one.service.price_minor,
                    "currency": found.currency,
                    "branches": list(one.branch_ids),
                    "practitioners": list(one.practitioner_ids),
                }
                for one in catalogue.services
            ],
            "practitioners": [
                {"id": pk, "name": row.name} for pk, row in catalogue.practitioners.items() if pk in used
            ],
            "form": [
                {"field": field, "required": required}
                for field, required in FormField.objects.filter(is_shown=True).values_list(
                    "field", "is_required"
                )
            ],
        }
    )


@for_centre("GET", limits.READS)
def availability(request: HttpRequest) -> HttpResponse:
    """Offered times of a service in a branch, every local date once."""
    given = request.GET
    service, branch = _number(given, "service"), _number(given, "branch")
    practitioner = _number(given, "practitioner") if given.get("practitioner", "") else None
    first, last = _date(given, "from"), _date(given, "to")
    if last < first:
        raise invalid(field_error("to", "before_from", "must not be before `from`"))
    if (last - first).days >= MOST_DAYS:
        raise invalid(field_error("to", "too_long", f"at most {MOST_DAYS} days"))
    try:
        where, found = offered_times(service, branch, practitioner, first, last, at=now())
    except NothingBookable as missing:
        raise invalid(field_error(missing.what, "unknown", "not bookable online")) from missing
    return answer(
        {
            "zone": where.zone,
            "days": [
                {
                    "date": day.isoformat(),
                    "times": [
                        {"starts_at": localdays.iso_local(tick, day, where.zone), "practitioners": people}
                        for tick, people in times
                    ],
                }
                for day, times in found.by_day()
            ],
        }
    )


def _number(given: Any, name: str) -> int:
    typed = given.get(name, "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 19):
        raise invalid(field_error(name, "invalid", "must be a number"))
    return int(typed)


def _date(given: Any, name: str) -> date:
    try:
        found = date.fromisoformat(given.get(name, "")[:10])
    except ValueError:
        raise invalid(field_error(name, "invalid", "must be a date, YYYY-MM-DD")) from None
    if not 2000 <= found.year <= 2100:
        raise invalid(field_error(name, "out_of_range", "out of range"))
    return found


@for_centre("POST", limits.BOOKINGS)
def appointments(request: HttpRequest) -> HttpResponse:
    """Book; under an Idempotency-Key the first answer is given again."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise invalid(
            field_error("Idempotency-Key", "invalid", f"at most {LONGEST_KEY} printable characters")
        )
    if not key:
        return answer(_book(request), 201)
    return answer(_once(request, key), 201)


def _once(request: HttpRequest, key: str) -> Any:
    """Only success is kept; the key's row and the visit commit together, so a second request waits for the first."""
    digest = hashlib.sha256(request.body).hexdigest()
    at = now()
    with tenancy.atomic():
        IdempotencyKey.objects.filter(created_at__lt=at - KEY_LIFE).delete()
        kept = IdempotencyKey.objects.filter(operation="appointments", key=key).first()
        if kept is not None:
            if kept.body_hash != digest:
                raise invalid(field_error("Idempotency-Key", "reused", "was used with another body"))
            return kept.response
        made = _book(request)
        IdempotencyKey.objects.create(
            operation="appointments", key=key, body_hash=digest, response=made, created_at=at
        )
    return made


def _book(request: HttpRequest) -> dict[str, Any]:
    """Raises Problem: 409 taken or held, 422 with the fields that are wrong."""
    language = (get_language() or "es")[:2]
    wanted = booking_read(_body(request), language=language)
    try:
        appointment = booking.book_online(wanted, at=now())
    except BadBooking as bad:
        raise invalid(
            *(field_error(name, error.code, error.message) for name, error in bad.errors.items())
        ) from bad
    except PatientRefused as refused:
        raise invalid(
            field_error("patient", "not_bookable", "cannot be booked online with these data")
        ) from refused
    except agenda.TimeTaken as taken:
        raise Problem(409, "The time is taken or held") from taken
    except agenda.NotOffered as not_offered:
        raise invalid(field_error("starts_at", "not_offered", "not an offered time")) from not_offered
    except agenda.BadTime as bad_time:
        raise invalid(field_error("starts_at", bad_time.code, "not a time that can be booked")) from bad_time
    except agenda.UnknownObject as unknown:
        raise invalid(field_error(unknown.kind, "unknown", "not bookable online")) from unknown
    except agenda.TooMany as too_many:
        raise Problem(429, "Too many appointments in an hour", Retry_After="600") from too_many
    return _shown(appointment)


def _body(request: HttpRequest) -> Any:
    try:
        return orjson.loads(request.body)
    except orjson.JSONDecodeError as broken:
        raise Problem(400, "The body is not JSON") from broken


def _shown(appointment: Appointment) -> dict[str, Any]:
    service = appointment.services.first()
    return {
        "number": appointment.number,
        "starts_at": zones.local(appointment.starts_at, appointment.zone).isoformat(),
        "ends_at": zones.local(appointment.ends_at, appointment.zone).isoformat(),
        "zone": appointment.zone,
        "branch": appointment.branch_id,
        "service": service.service_id if service else None,
        "practitioner": appointment.practitioner_id,
        "links": {"manage": links.manage_url(appointment), "ics": links.ics_url(appointment)},
    }
