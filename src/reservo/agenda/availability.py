"""Offered times of a service: hours and what is taken, read in a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from reservo.agenda import busy as busy_times
from reservo.agenda.openings import Frame, Person, Space, Visit, bits_of, named_rooms, openings
from reservo.catalog import hours as catalog_hours
from reservo.catalog.models import Branch, Room, Service
from reservo.core import ticks
from reservo.core.localdays import day_ticks, days_between, second_fold


@dataclass(frozen=True, slots=True)
class Question:
    """For which service, where, with whom (ids that give it), on which local dates (both included).

    `earliest` and `latest` bound the start; `past` times are never offered. `own_hold` is not in its own way.
    """

    branch: Branch
    service: Service
    practitioner_ids: tuple[int, ...]
    first: date
    last: date
    step_minutes: int
    earliest: datetime
    latest: datetime | None = None
    duration_minutes: int | None = None


@dataclass(slots=True)
class Answer:
    """Start ticks by practitioner, as masks counted from `origin`."""

    origin: int
    masks: dict[int, int]
    days: list[tuple[date, int, int]]

    def by_day(self) -> list[tuple[date, list[tuple[int, list[int]]]]]:
        """(date, [(start tick, practitioner ids)]) for every date asked, in order."""
        union = 0
        for mask in self.masks.values():
            union |= mask
        texts = [(pk, bin(mask)[:1:-1]) for pk, mask in self.masks.items() if mask]
        starts = bits_of(union)
        result, at = [], 0
        for day, first, end in self.days:
            times = []
            while at < len(starts) and starts[at] + self.origin < end:
                bit = starts[at]
                at += 1
                if bit + self.origin >= first:
                    times.append(
                        (bit + self.origin, [pk for pk, text in texts if text[bit : bit + 1] == "1"])
                    )
            result.append((day, times))
        return result

    def practitioners_at(self, tick: int) -> list[int]:
        bit = tick - self.origin
        return [pk for pk, mask in self.masks.items() if bit >= 0 and mask >> bit & 1]


def offered(question: Question, *, at: datetime) -> Answer:
    """What can be booked now."""
    return _answer(question, at=at, ignore_taken=False)


def would_be_offered(question: Question, *, at: datetime) -> Answer:
    """What could be booked if nobody had booked or held anything: tells 'taken' from 'never offered'."""
    return _answer(question, at=at, ignore_taken=True)


def _answer(question: Question, *, at: datetime, ignore_taken: bool) -> Answer:
    days = [
        (day, *day_ticks(day, question.branch.zone)) for day in days_between(question.first, question.last)
    ]
    frame = Frame(first=days[0][1], end=days[-1][2])
    hours = catalog_hours.load(question.branch, question.practitioner_ids, question.first, question.last)
    people = [Person(pk, hours.working.get(pk, [])) for pk in question.practitioner_ids]
    rooms = _rooms(question, people)
    visit = _visit(question)
    margin = visit.before + visit.duration + visit.after
    busy = busy_times.load(
        question.branch.pk,
        list(question.practitioner_ids),
        [room.id for room in rooms],
        frame.first - margin,
        frame.end + margin,
        at=at,
    )
    frame.branch = hours.branch
    frame.closed = busy.everybody + [
        fold for day, _, _ in days if (fold := second_fold(day, question.branch.zone))[0] < fold[1]
    ]
    for person in people:
        person.taken = busy.blocked_practitioners[person.id] + (
            [] if ignore_taken else busy.practitioners[person.id]
        )
    for room in rooms:
        room.open = hours.rooms.get(room.id, hours.branch)
        room.taken = busy.blocked_rooms[room.id] + ([] if ignore_taken else busy.rooms[room.id])
    needs_room = question.service.room_kind_id is not None
    masks = (
        openings(frame, visit, people, rooms if needs_room else None)
        if needs_room or not rooms
        else (_with_named_rooms(frame, visit, people, rooms))
    )
    bounds = _bounds(question, frame, at)
    return Answer(frame.first, {pk: mask & bounds for pk, mask in masks.items()}, days)


def _with_named_rooms(frame: Frame, visit: Visit, people: list[Person], rooms: list[Space]) -> dict[int, int]:
    """Nobody needs a room but the windows that name one."""
    free_room = Space(0, None, [])
    return openings(frame, visit, people, [free_room, *rooms])


def _visit(question: Question) -> Visit:
    service = question.service
    return Visit(
        duration=(question.duration_minutes or service.duration_minutes) // ticks.TICK_MINUTES,
        before=-(-service.buffer_before_minutes // ticks.TICK_MINUTES),
        after=-(-service.buffer_after_minutes // ticks.TICK_MINUTES),
        step=max(question.step_minutes // ticks.TICK_MINUTES, 1),
    )


def _rooms(question: Question, people: list[Person]) -> list[Space]:
    """Rooms of the kind the service needs, or only those that working windows name."""
    rooms = Room.objects.filter(branch=question.branch, is_active=True).order_by("position", "id")
    if question.service.room_kind_id is not None:
        rooms = rooms.filter(kind_id=question.service.room_kind_id)
    else:
        named = named_rooms(people)
        if not named:
            return []
        rooms = rooms.filter(pk__in=named)
    return [Space(pk) for pk in rooms.values_list("pk", flat=True)]


def _bounds(question: Question, frame: Frame, at: datetime) -> int:
    first = max(ticks.tick_ceil(max(question.earliest, at)), frame.first)
    end = frame.end if question.latest is None else min(frame.end, ticks.tick_floor(question.latest) + 1)
    return ticks.mask(first, end, frame.first, frame.end - frame.first)
