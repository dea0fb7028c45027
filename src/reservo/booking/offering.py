"""Offered times of a service: one call for the page, the interface for programs and the patient's own page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connections

from reservo.agenda.availability import Answer, Question, offered, practitioners_who
from reservo.tenancy.context import TENANT_ALIAS

# This is asked more often than anything else, so it is one statement instead of four models.
_FACTS = """
    SELECT b.id, b.zone, b.country, b.region, b.keeps_holidays,
           s.id, s.duration_minutes, s.buffer_before_minutes, s.buffer_after_minutes, s.room_kind_id,
           page.is_open, page.least_notice_minutes, page.horizon_days, c.step_minutes
    FROM booking_bookingpage page JOIN catalog_centre c ON c.id = 1
    LEFT JOIN catalog_branch b ON b.id = %s AND b.is_active
    LEFT JOIN catalog_service s ON s.id = %s AND s.is_active AND s.is_online
    WHERE page.id = 1
"""


class NothingBookable(LookupError):
    """The service, branch or practitioner is not one that can be booked online; `what` says which."""

    def __init__(self, what: str):
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class Place:
    """What of a branch its times depend on."""

    pk: int
    zone: str
    country: str
    region: str
    keeps_holidays: bool


@dataclass(frozen=True, slots=True)
class Treatment:
    """What of a service its times depend on."""

    pk: int
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    room_kind_id: int | None


def offered_times(
    service_id: int,
    branch_id: int,
    practitioner_id: int | None,
    first: date,
    last: date,
    *,
    duration_minutes: int | None = None,
    without: int = 0,
    at: datetime,
) -> tuple[Place, Answer]:
    """For its own length unless another is given; visit `without` is not in the way. May raise NothingBookable."""
    row = _facts(service_id, branch_id)
    place, treatment = Place(*row[:5]), Treatment(*row[5:10])
    is_open, notice_minutes, horizon_days, step_minutes = row[10:]
    if place.pk is None:
        raise NothingBookable("branch")
    if treatment.pk is None:
        raise NothingBookable("service")
    ids = tuple(practitioners_who(service_id, branch_id))
    if practitioner_id is not None:
        if practitioner_id not in ids:
            raise NothingBookable("practitioner")
        ids = (practitioner_id,)
    question = Question(
        branch=place,
        service=treatment,
        practitioner_ids=ids if is_open else (),
        first=first,
        last=last,
        step_minutes=step_minutes,
        earliest=at + timedelta(minutes=notice_minutes),
        latest=at + timedelta(days=horizon_days),
        duration_minutes=duration_minutes,
        without=without,
    )
    return place, offered(question, at=at)


def _facts(service_id: int, branch_id: int) -> tuple[Any, ...]:
    with connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute(_FACTS, [branch_id, service_id])
        return cursor.fetchone()
