"""The public operations: what can be booked, when, and booking it."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from reservo import tenancy
from reservo.agenda import links
from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment
from reservo.api import limits
from reservo.api.entering import for_centre
from reservo.api.problems import Problem, answer, field_error, invalid
from reservo.api.reading import KEY_HEADER, body_read, booking_read, date_asked, key_read, number_asked
from reservo.booking import operations as booking
from reservo.booking.models import FormField, IdempotencyKey
from reservo.booking.offering import NothingBookable, offered_times
from reservo.booking.operations import BadBooking, OnlineBooking, PatientRefused
from reservo.catalog import queries as catalog
from reservo.core import zones
from reservo.core.clock import now

MOST_DAYS = 62
KEY_LIFE = timedelta(hours=24)
OPERATION = "appointments"


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
    service, branch = number_asked(given, "service"), number_asked(given, "branch")
    practitioner = number_asked(given, "practitioner") if given.get("practitioner") else None
    first, last = date_asked(given, "from"), date_asked(given, "to")
    if last < first:
        raise invalid(field_error("to", "before_from", _("No puede ser anterior a `from`.")))
    if (last - first).days >= MOST_DAYS:
        raise invalid(field_error("to", "too_long", _("Como máximo 62 días a la vez.")))
    try:
        where, found = offered_times(service, branch, practitioner, first, last, at=now())
    except NothingBookable as missing:
        raise _unknown(missing.what) from missing
    return answer({"zone": where.zone, "days": orjson.Fragment(found.json())})


@for_centre("POST", limits.BOOKINGS)
def appointments(request: HttpRequest) -> HttpResponse:
    """Book; under an Idempotency-Key the first answer is given again."""
    key, body = key_read(request), body_read(request)
    wanted = booking_read(body, language=(get_language() or "es")[:2])
    made = _once(key, body, wanted) if key else _book(wanted)
    return answer(made, 201)


def _once(key: str, body: bytes, wanted: OnlineBooking) -> Any:
    """Only success is kept; the key's row and the visit commit together, so a second request waits for the first."""
    digest = hashlib.sha256(body).hexdigest()
    at = now()
    with tenancy.atomic():
        IdempotencyKey.objects.filter(created_at__lte=at - KEY_LIFE).delete()
        kept = IdempotencyKey.objects.filter(operation=OPERATION, key=key).first()
        if kept is not None:
            if kept.body_hash != digest:
                raise invalid(field_error(KEY_HEADER, "reused", _("Ya se usó con otro cuerpo.")))
            return orjson.loads(kept.response)
        made = _book(wanted)
        IdempotencyKey.objects.create(
            operation=OPERATION,
            key=key,
            body_hash=digest,
            response=orjson.dumps(made).decode(),
            created_at=at,
        )
    return made


def _book(wanted: OnlineBooking) -> dict[str, Any]:
    """Raises Problem: 409 taken or held, 422 with the fields that are wrong."""
    try:
        return _shown(booking.book_online(wanted, at=now()), wanted)
    except BadBooking as bad:
        raise invalid(
            *(field_error(name, error.code, error.message) for name, error in bad.errors.items())
        ) from bad
    except PatientRefused as refused:
        message = _("No se puede reservar en línea con estos datos: contacta con el centro.")
        raise invalid(field_error("patient", "not_bookable", message)) from refused
    except agenda.TimeTaken as taken:
        raise Problem(409, _("Esa hora ya está tomada o en espera")) from taken
    except agenda.NotOffered as not_offered:
        raise _no_time("not_offered") from not_offered
    except agenda.BadTime as bad_time:
        raise _no_time(bad_time.code) from bad_time
    except agenda.UnknownObject as unknown:
        raise _unknown(unknown.kind) from unknown
    except agenda.TooMany as too_many:
        raise Problem(
            429, _("El centro recibió demasiadas reservas en esta hora"), Retry_After="600"
        ) from too_many


def _no_time(code: str) -> Problem:
    return invalid(field_error("starts_at", code, _("No es una hora que se ofrezca.")))


def _unknown(what: str) -> Problem:
    return invalid(field_error(what, "unknown", _("No se puede reservar en línea.")))


def _shown(appointment: Appointment, wanted: OnlineBooking) -> dict[str, Any]:
    return {
        "number": appointment.number,
        "starts_at": zones.local(appointment.starts_at, appointment.zone).isoformat(),
        "ends_at": zones.local(appointment.ends_at, appointment.zone).isoformat(),
        "zone": appointment.zone,
        "branch": appointment.branch_id,
        "service": wanted.service_id,
        "practitioner": appointment.practitioner_id,
        "links": {
            "manage": links.manage_url(appointment, wanted.language),
            "ics": links.manage_url(appointment, wanted.language, page="cita.ics"),
        },
    }
