"""Weekly hours as lines that people write: `lunes a viernes 09:00-13:00`, perhaps with a room at the end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from reservo.core import text

TICK = 5
MOST_LINES = 100
_LINE = re.compile(r"\s*(\D+?)\s*(\d{1,2}):([0-5]\d)\s*(?:[-–—]|a|to)\s*(\d{1,2}):([0-5]\d)\s*(.*)")
_LIST = re.compile(r"\s*(?:,|\by\b|\band\b)\s*")
_RANGE = re.compile(r"\s*(?:[-–—]|\ba\b|\bto\b)\s*")
_DAYS = {
    text.fold(name): weekday
    for language in ("es", "en")
    for weekday in range(7)
    for name in (text.weekday_long(weekday, language), text.weekday_short(weekday, language))
}


class BadHours(ValueError):
    """`line` is what was typed; `why`: unread, backwards, off_the_grid, no_room, overlap, too_many."""

    def __init__(self, line: str, why: str = "unread"):
        super().__init__(line[:80])
        self.line = line[:80]
        self.why = why


@dataclass(frozen=True, slots=True, order=True)
class Period:
    weekday: int
    starts_minute: int
    ends_minute: int
    room_id: int | None = None


def parse(typed: str, rooms: dict[str, int] | None = None) -> list[Period]:
    """Periods in order of the week. `rooms` maps folded names to ids. Raises BadHours."""
    lines = [line for line in typed.splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise BadHours(lines[MOST_LINES], "too_many")
    read = [(period, line.strip()) for line in lines for period in _periods(line, rooms or {})]
    read.sort(key=lambda one: (one[0].weekday, one[0].starts_minute))
    for (earlier, _), (later, line) in pairwise(read):
        if earlier.weekday == later.weekday and later.starts_minute < earlier.ends_minute:
            raise BadHours(line, "overlap")
    return [period for period, _ in read]


def _periods(line: str, rooms: dict[str, int]) -> list[Period]:
    """One for each day that the line names: `lunes 9:00-13:00`, `lunes a viernes …`, `lun, mié y vie …`."""
    found = _LINE.fullmatch(line)
    if found is None:
        raise BadHours(line)
    starts, ends = int(found[2]) * 60 + int(found[3]), int(found[4]) * 60 + int(found[5])
    room = text.fold(found[6])
    weekdays = _weekdays(found[1], line)
    if ends > 24 * 60:
        raise BadHours(line)
    if starts >= ends:
        raise BadHours(line, "backwards")
    if starts % TICK or ends % TICK:
        raise BadHours(line, "off_the_grid")
    if room and room not in rooms:
        raise BadHours(line, "no_room")
    return [Period(weekday, starts, ends, rooms.get(room)) for weekday in weekdays]


def _weekdays(typed: str, line: str) -> list[int]:
    days: set[int] = set()
    for part in _LIST.split(text.fold(typed).strip(" :")):
        ends = [_DAYS.get(name.strip(" .")) for name in _RANGE.split(part)]
        if len(ends) > 2 or None in ends or ends[0] > ends[-1]:
            raise BadHours(line)
        days.update(range(ends[0], ends[-1] + 1))
    return sorted(days)


def shown(periods: Iterable[Period], room_names: dict[int, str] | None = None, language: str = "es") -> str:
    """The lines again."""
    lines = []
    for period in sorted(periods, key=lambda period: (period.weekday, period.starts_minute)):
        day = text.weekday_long(period.weekday, language)
        hours = f"{text.minute_clock(period.starts_minute)}-{text.minute_clock(period.ends_minute)}"
        room = (room_names or {}).get(period.room_id or 0, "")
        lines.append(f"{day} {hours} {room}".strip())
    return "\n".join(lines)
