"""Where a visit that is booked from outside goes: only offered times, nothing beside anything else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from reservo.agenda import availability
from reservo.agenda.availability import Question, Treatment
from reservo.agenda.claims import TimeTaken
from reservo.agenda.models import Appointment, Hold
from reservo.agenda.operations.placing import UnknownObject
from reservo.agenda.transitions import FREES_TIME
from reservo.catalog.models import Service
from reservo.core import localdays, ticks

if TYPE_CHECKING:
    from reservo.agenda.operations.booking import Booking


class NotOffered(RuntimeError):
    """This time is not one that is offered online, taken or not."""


@dataclass(frozen=True, slots=True)
class SameVisit:
    """A visit that exists, as something to be fitted in: its own length and buffers, its service's room."""

    pk: int
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    room_kind_id: int | None


def same_visit(appointment: Appointment, service: Service) -> SameVisit:
    return SameVisit(
        service.pk,
        appointment.duration_minutes,
        appointment.buffer_before_minutes,
        appointment.buffer_after_minutes,
        service.room_kind_id,
    )


def place(appointment: Appointment, request: Booking, treatment: Treatment, *, at: datetime) -> None:
    """Give the visit a practitioner and a room at its time: its own if free, else the least busy one.

    Raises TimeTaken, NotOffered, UnknownObject.
    """
    question = _question(appointment, request, treatment, at=at)
    tick = ticks.tick_of(appointment.starts_at)
    found = availability.offered_at(question, tick, at=at)
    if not found:
        if availability.would_be_offered_at(question, tick, at=at):
            raise TimeTaken(_held_until(appointment, at))
        raise NotOffered
    if appointment.practitioner_id not in found:
        appointment.practitioner_id = _least_busy(list(found), appointment)
    appointment.room_id = found[appointment.practitioner_id] or None


def _question(appointment: Appointment, request: Booking, treatment: Treatment, *, at: datetime) -> Question:
    ids = availability.practitioners_who(treatment.pk, appointment.branch_id)
    if request.practitioner_id:
        ids = [pk for pk in ids if pk == request.practitioner_id]
    if not ids:
        raise UnknownObject("practitioner" if request.practitioner_id else "service")
    day = appointment.local_date
    return Question(
        branch=appointment.branch,
        service=treatment,
        practitioner_ids=tuple(ids),
        first=day,
        last=day,
        step_minutes=request.step_minutes,
        earliest=request.earliest or at,
        latest=request.latest,
        without=appointment.pk or 0,
    )


def _held_until(appointment: Appointment, at: datetime) -> datetime | None:
    held = Hold.objects.filter(
        branch_id=appointment.branch_id, starts_at=appointment.starts_at, expires_at__gt=at
    )
    return held.order_by("-expires_at").values_list("expires_at", flat=True).first()


def _least_busy(candidates: list[int], appointment: Appointment) -> int:
    """Of those who are free at the time, the one with the fewest visits that day; ties by their order."""
    if len(candidates) == 1:
        return candidates[0]
    first, end = localdays.day_ticks(appointment.local_date, appointment.zone)
    counts = dict.fromkeys(candidates, 0)
    rows = Appointment.objects.filter(
        practitioner_id__in=candidates, first_tick__gte=first, first_tick__lt=end
    )
    for pk in rows.exclude(state__in=FREES_TIME).values_list("practitioner_id", flat=True):
        counts[pk] += 1
    return min(candidates, key=lambda pk: counts[pk])
