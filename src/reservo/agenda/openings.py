"""Which times are free: one pure function over bit masks, a bit for each tick of five minutes.

It answers the page, the interface for programs and the screens of staff alike, so what it offers can be booked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

_LONGEST_KEPT_RUN = 12 * 24
_RUNS = tuple((1 << length) - 1 for length in range(_LONGEST_KEPT_RUN + 1))


@dataclass(frozen=True, slots=True)
class Visit:
    """What is to be fitted in, in ticks."""

    duration: int
    before: int = 0
    after: int = 0
    step: int = 3


@dataclass(slots=True)
class Person:
    """A practitioner: working windows (first, end, room or None) in ticks, and what is taken already."""

    id: int
    windows: Sequence[tuple[int, int, int | None]]
    taken: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class Space:
    """A room: its open runs (None: always) and what is taken already."""

    id: int
    open: Sequence[tuple[int, int]] | None = None
    taken: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class Frame:
    """The range asked for and what holds for everybody: [first, end), branch hours, closed runs."""

    first: int
    end: int
    branch: Sequence[tuple[int, int]] | None = None
    closed: list[tuple[int, int]] = field(default_factory=list)


def openings(
    frame: Frame, visit: Visit, people: Iterable[Person], rooms: Sequence[Space] | None
) -> dict[int, int]:
    """Practitioner id to mask of start ticks, counted from `frame.first`.

    `rooms` are those the service may use; None if it needs none. A window that names a room uses that one.
    """
    sheet = _Sheet(frame, visit)
    any_room = None if rooms is None else sheet.any_room(rooms)
    by_id = {room.id: room for room in rooms or ()}
    return {person.id: sheet.starts(person, any_room, by_id) for person in people}


def places(
    frame: Frame, visit: Visit, people: Sequence[Person], rooms: Sequence[Space] | None, start: int
) -> dict[int, int | None]:
    """Practitioner id to the room in which the visit can begin at this tick (None: it needs none), by `openings`."""
    sheet = _Sheet(frame, visit)
    bit = 1 << (start - frame.first) if frame.first <= start < frame.end else 0
    found: dict[int, int | None] = {}
    choices: list[list[Space] | None] = [None] if rooms is None else [[room] for room in rooms]
    for choice in choices:
        any_room = None if choice is None else sheet.any_room(choice)
        by_id = {room.id: room for room in choice or ()}
        for person in people:
            if person.id not in found and sheet.starts(person, any_room, by_id) & bit:
                found[person.id] = choice[0].id if choice else None
    return {person.id: found[person.id] for person in people if person.id in found}


def named_rooms(people: Iterable[Person]) -> set[int]:
    """Rooms that working windows name; the caller loads them too."""
    return {room for person in people for _, _, room in person.windows if room is not None}


class _Sheet:
    """Masks of one question, with room at both ends for buffers."""

    def __init__(self, frame: Frame, visit: Visit):
        self.visit = visit
        self.margin = visit.before + visit.after + visit.duration
        self.origin = frame.first - self.margin
        self.length = frame.end - frame.first + 2 * self.margin
        self.all = (1 << self.length) - 1
        self.asked = ((1 << (frame.end - frame.first)) - 1) << self.margin
        self.open = self.all if frame.branch is None else self.mask(frame.branch)
        self.closed = self.mask(frame.closed)

    def mask(self, runs: Iterable[tuple[int, int]]) -> int:
        bits, origin, length = 0, self.origin, self.length
        for first, end in runs:
            low, high = first - origin, end - origin
            if low < 0:
                low = 0
            if high > length:
                high = length
            size = high - low
            if size > 0:
                bits |= (_RUNS[size] if size <= _LONGEST_KEPT_RUN else (1 << size) - 1) << low
        return bits

    def free(self, taken: Iterable[tuple[int, int]]) -> int:
        """Starts whose whole time, buffers included, meets nothing taken or closed."""
        visit = self.visit
        clear = self.all & ~(self.mask(taken) | self.closed)
        return _runs_of(clear, visit.before + visit.duration + visit.after) << visit.before

    def room(self, space: Space) -> int:
        starts = self.free(space.taken)
        return starts if space.open is None else starts & _runs_of(self.mask(space.open), self.visit.duration)

    def any_room(self, rooms: Iterable[Space]) -> int:
        bits = 0
        for space in rooms:
            bits |= self.room(space)
        return bits

    def starts(self, person: Person, any_room: int | None, rooms: dict[int, Space]) -> int:
        free = self.free(person.taken)
        loose = [(first, end) for first, end, room in person.windows if room is None]
        bits = self._on_steps(loose) & _runs_of(self.mask(loose) & self.open, self.visit.duration)
        if any_room is not None:
            bits &= any_room
        for first, end, room in person.windows:
            if room is not None:
                bits |= self._in_named_room(first, end, rooms.get(room))
        return (bits & free & self.asked) >> self.margin

    def _in_named_room(self, first: int, end: int, space: Space | None) -> int:
        window = _runs_of(self.mask([(first, end)]) & self.open, self.visit.duration)
        return self._on_steps([(first, end)]) & window & (self.room(space) if space else 0)

    def _on_steps(self, windows: Iterable[tuple[int, int]]) -> int:
        """Start ticks by the clock of each window: its first minute, then every step."""
        bits = 0
        for first, end in windows:
            low = first - self.origin
            steps = _ladder(self.visit.step, end - first)
            bits |= steps << low if low >= 0 else steps >> -low
        return bits


@lru_cache(maxsize=1024)
def _ladder(step: int, length: int) -> int:
    bits = 0
    for tick in range(0, length, step):
        bits |= 1 << tick
    return bits


def _runs_of(mask: int, length: int) -> int:
    """Bits at which a run of `length` ones begins."""
    done = 1
    while done < length:
        more = min(done, length - done)
        mask &= mask >> more
        done += more
    return mask


def bits_of(mask: int) -> list[int]:
    """Positions of the ones, ascending."""
    text = bin(mask)[:1:-1]
    found, at = [], text.find("1")
    while at >= 0:
        found.append(at)
        at = text.find("1", at + 1)
    return found
