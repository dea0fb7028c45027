"""Offered times of a service: hours and what is taken, read in a constant number of queries."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Protocol

from django.db import connections

from reservo.agenda import busy as busy_times
from reservo.agenda.openings import Frame, Person, Space, Visit, bits_of, named_rooms, openings, places
from reservo.catalog import hours as catalog_hours
from reservo.core import localdays, ticks
from reservo.core.localdays import day_ticks, days_between, second_fold
from reservo.tenancy.context import TENANT_ALIAS

_GIVE = """
    SELECT p.id FROM catalog_servicepractitioner g JOIN catalog_practitioner p ON p.id = g.practitioner_id
    JOIN catalog_practitionerbranch b ON b.practitioner_id = p.id
    WHERE g.service_id = %s AND b.branch_id = %s AND p.is_active AND p.is_online ORDER BY p.position, p.id
"""
_ROOMS = "SELECT id, kind_id FROM catalog_room WHERE branch_id = %s AND is_active ORDER BY position, id"


class Treatment(Protocol):
    """What of a service its times depend on."""

    pk: int
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    room_kind_id: int | None


@dataclass(frozen=True, slots=True)
class Question:
    """For which service, where, with whom (ids that give it), on which local dates (both included).

    `earliest` and `latest` bound the start; past times are never offered. `without` is the id of a visit that is not
    in its own way when it is to move.
    """

    branch: catalog_hours.Place
    service: Treatment
    practitioner_ids: tuple[int, ...]
    first: date
    last: date
    step_minutes: int
    earliest: datetime
    latest: datetime | None = None
    duration_minutes: int | None = None
    without: int = 0


@dataclass(slots=True)
class Answer:
    """Start ticks by practitioner, as masks counted from `origin`."""

    origin: int
    masks: dict[int, int]
    days: list[tuple[date, int, int]]
    zone: str

    def by_day(self) -> list[tuple[date, list[tuple[int, list[int]]]]]:
        """(date, [(start tick, practitioner ids)]) for every date asked, in order. The lists of ids are shared."""
        starts, people = self._starts()
        return [
            (day, [(starts[n] + self.origin, people[n]) for n in range(low, high)])
            for day, low, high in self._by_day(starts)
        ]

    def json(self) -> str:
        """`[{"date", "times": [{"starts_at", "practitioners"}]}]`, instants with their offset.

        Written by hand: an object for each time costs more than finding the times does.
        """
        starts, people = self._starts()
        different = {id(ids): ids for ids in people}
        lists = {key: f'","practitioners":{ids}}}'.replace(" ", "") for key, ids in different.items()}
        ends = [lists[id(ids)] for ids in people]
        days = []
        for day, low, high in self._by_day(starts):
            texts = localdays.iso_locals([bit + self.origin for bit in starts[low:high]], day, self.zone)
            times = ",".join(
                [f'{{"starts_at":"{text}{end}' for text, end in zip(texts, ends[low:high], strict=True)]
            )
            days.append(f'{{"date":"{day.isoformat()}","times":[{times}]}}')
        return f"[{','.join(days)}]"

    def _by_day(self, starts: list[int]) -> list[tuple[date, int, int]]:
        """Every date with the positions [low, high) of its starts."""
        found, low, high = [], 0, 0
        for day, _first, end in self.days:
            high = bisect_left(starts, end - self.origin, low)
            found.append((day, low, high))
            low = high
        return found

    def _starts(self) -> tuple[list[int], list[list[int]]]:
        """Bits at which anybody can begin, ascending, and who."""
        union = 0
        for mask in self.masks.values():
            union |= mask
        starts = bits_of(union)
        ids = [pk for pk, mask in self.masks.items() if mask]
        if len(ids) < 2:
            return starts, [ids] * len(starts)
        pick = itemgetter(*starts, starts[-1])  # one more, so that it always gives a tuple
        width = union.bit_length()
        columns = [pick(f"{self.masks[pk]:0{width}b}"[::-1]) for pk in ids]
        known: dict[tuple[str, ...], list[int]] = {}
        people = []
        for row in zip(*columns, strict=True):
            if row not in known:
                known[row] = [pk for pk, bit in zip(ids, row, strict=True) if bit == "1"]
            people.append(known[row])
        return starts, people[:-1]

    def practitioners_at(self, tick: int) -> list[int]:
        bit = tick - self.origin
        return [pk for pk, mask in self.masks.items() if bit >= 0 and mask >> bit & 1]


def practitioners_who(service_id: int, branch_id: int) -> list[int]:
    """Those who give the service online in the branch, in the centre's order. One query."""
    with connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute(_GIVE, [service_id, branch_id])
        return [pk for (pk,) in cursor.fetchall()]


def offered(question: Question, *, at: datetime) -> Answer:
    """What can be booked now."""
    sheet = _read(question, at=at)
    bounds = _bounds(question, sheet.frame, at)
    masks = openings(sheet.frame, sheet.visit, sheet.people, sheet.rooms)
    masks = {pk: mask & bounds for pk, mask in masks.items()}
    return Answer(sheet.frame.first, masks, sheet.days, question.branch.zone)


def offered_at(question: Question, start: int, *, at: datetime) -> dict[int, int | None]:
    """Who can begin at this tick, and in which room (None: none is needed)."""
    sheet = _read(question, at=at)
    if not _bounds(question, sheet.frame, at) >> max(start - sheet.frame.first, 0) & 1:
        return {}
    return places(sheet.frame, sheet.visit, sheet.people, sheet.rooms, start)


def would_be_offered_at(question: Question, start: int, *, at: datetime) -> bool:
    """Whether it could begin then if nobody had booked or held anything: tells 'taken' from 'never offered'."""
    sheet = _read(question, at=at)
    for person in sheet.people:
        person.taken = sheet.busy.blocked_practitioners[person.id]
    for room in sheet.rooms or ():
        room.taken = sheet.busy.blocked_rooms[room.id]
    inside = _bounds(question, sheet.frame, at) >> max(start - sheet.frame.first, 0) & 1
    return bool(inside and places(sheet.frame, sheet.visit, sheet.people, sheet.rooms, start))


@dataclass(slots=True)
class _Sheet:
    """Everything `openings` needs, read."""

    days: list[tuple[date, int, int]]
    frame: Frame
    visit: Visit
    people: list[Person]
    rooms: list[Space] | None
    busy: busy_times.Busy


def _read(question: Question, *, at: datetime) -> _Sheet:
    zone = question.branch.zone
    days = [(day, *day_ticks(day, zone)) for day in days_between(question.first, question.last)]
    frame = Frame(first=days[0][1], end=days[-1][2])
    # A visit that begins late may end on the next day.
    hours = catalog_hours.load(
        question.branch, question.practitioner_ids, question.first, question.last + timedelta(days=1)
    )
    people = [Person(pk, hours.working.get(pk, ())) for pk in question.practitioner_ids]
    rooms = _rooms(question, people)
    visit = _visit(question)
    margin = visit.before + visit.duration + visit.after
    busy = busy_times.load(
        question.branch.pk,
        question.practitioner_ids,
        [room.id for room in rooms or ()],
        frame.first - margin,
        frame.end + margin,
        without=question.without,
        at=at,
    )
    folds = [second_fold(day, zone) for day, _, _ in days]
    frame.branch = hours.branch
    frame.closed = busy.everybody + [fold for fold in folds if fold[0] < fold[1]]
    for person in people:
        person.taken = busy.blocked_practitioners[person.id] + busy.practitioners[person.id]
    for room in rooms or ():
        room.open = hours.rooms.get(room.id, hours.branch)
        room.taken = busy.blocked_rooms[room.id] + busy.rooms[room.id]
    if rooms is not None and question.service.room_kind_id is None:
        rooms = [Space(NO_ROOM), *rooms]
    return _Sheet(days, frame, visit, people, rooms, busy)


def _visit(question: Question) -> Visit:
    service = question.service
    return Visit(
        duration=(question.duration_minutes or service.duration_minutes) // ticks.TICK_MINUTES,
        before=-(-service.buffer_before_minutes // ticks.TICK_MINUTES),
        after=-(-service.buffer_after_minutes // ticks.TICK_MINUTES),
        step=max(question.step_minutes // ticks.TICK_MINUTES, 1),
    )


NO_ROOM = 0


def _rooms(question: Question, people: list[Person]) -> list[Space] | None:
    """Rooms of the kind the service needs, or only those that working windows name; None if none is needed."""
    kind, named = question.service.room_kind_id, named_rooms(people)
    if kind is None and not named:
        return None
    with connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute(_ROOMS, [question.branch.pk])
        rows = cursor.fetchall()
    return [Space(pk) for pk, its_kind in rows if (its_kind == kind if kind is not None else pk in named)]


def _bounds(question: Question, frame: Frame, at: datetime) -> int:
    first = max(ticks.tick_ceil(max(question.earliest, at)), frame.first)
    end = frame.end if question.latest is None else min(frame.end, ticks.tick_floor(question.latest) + 1)
    return ticks.mask(first, end, frame.first, frame.end - frame.first)
