"""Days and hours as the pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from reservo.agenda.availability import Answer
from reservo.catalog.models import Branch
from reservo.core import text, ticks, zones

DAYS_SHOWN = 14
PARTS = ((12, lambda: _("Mañana")), (19, lambda: _("Tarde")), (24, lambda: _("Noche")))


@dataclass(frozen=True, slots=True)
class Span:
    """The days of one strip, within today and the horizon (`end`), both included."""

    first: date
    last: date
    today: date
    end: date

    @classmethod
    def of(cls, asked: date | None, zone: str, horizon_days: int, *, at: datetime) -> Span:
        today = zones.local_date(at, zone)
        end = zones.local_date(at + timedelta(days=horizon_days), zone)
        return cls(today, today, today, end).around(asked or today)

    def around(self, day: date) -> Span:
        """Whole weeks from the Monday before that day."""
        inside = min(max(day, self.today), self.end)
        monday = inside - timedelta(days=inside.weekday())
        last = min(monday + timedelta(days=DAYS_SHOWN - 1), self.end)
        return Span(max(monday, self.today), last, self.today, self.end)

    @property
    def blanks(self) -> range:
        """Days of the first week that are over."""
        return range(self.first.weekday())

    @property
    def earlier(self) -> date | None:
        return max(self.first - timedelta(days=DAYS_SHOWN), self.today) if self.first > self.today else None

    @property
    def later(self) -> date | None:
        return self.last + timedelta(days=1) if self.last < self.end else None


@dataclass(frozen=True, slots=True)
class Time:
    starts_at: datetime
    clock: str
    practitioner_ids: tuple[int, ...]

    @property
    def value(self) -> str:
        return self.starts_at.isoformat()


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    weekday: str
    month: str
    count: int


@dataclass(frozen=True, slots=True)
class Board:
    """The strip of days, the day chosen, and its times in parts of the day."""

    days: list[Day]
    chosen: date | None
    chosen_name: str
    parts: list[tuple[str, list[Time]]]
    offset: str

    @property
    def is_empty(self) -> bool:
        return not any(day.count for day in self.days)


def board(
    answer: Answer, branch: Branch, asked: date | None, language: str, *, near: date | None = None
) -> Board:
    """Without a day asked for, the first that has a free time is chosen, from `near` on if there is one."""
    by_day = answer.by_day()
    days = [
        Day(
            day,
            text.weekday_short(day.weekday(), language),
            text.day_short(day, language).split()[-1],
            len(times),
        )
        for day, times in by_day
    ]
    free = [day.date for day in days if day.count]
    chosen = asked if asked in {day.date for day in days} else _first(free, near)
    times = [time_of(tick, ids, branch) for day, found in by_day if day == chosen for tick, ids in found]
    noon = zones.day_bounds(chosen, branch.zone)[0] + timedelta(hours=12) if chosen else None
    offset = zones.offset_label(times[0].starts_at if times else noon, branch.zone) if noon else ""
    name = day_name(chosen, language) if chosen else ""
    return Board(days, chosen, name, _in_parts(times), offset)


def _first(free: list[date], near: date | None) -> date | None:
    later = [day for day in free if near and day >= near]
    return next(iter(later or free), None)


def day_name(day: date, language: str) -> str:
    """`martes 1 de diciembre`: within the horizon the year says nothing."""
    return text.day_long(day, language).removesuffix(f" de {day.year}").removesuffix(f" {day.year}")


def time_of(tick: int, practitioner_ids: list[int], branch: Branch) -> Time:
    at = zones.local(ticks.instant_of(tick), branch.zone)
    return Time(at, text.clock(at), tuple(practitioner_ids))


def times_of(answer: Answer, branch: Branch) -> list[Time]:
    return [time_of(tick, ids, branch) for _day, found in answer.by_day() for tick, ids in found]


def nearest(times: list[Time], wanted: datetime, *, count: int = 3) -> list[Time]:
    """The free times nearest to one that is gone, in the order of the day."""
    close = sorted(times, key=lambda time: abs(time.starts_at - wanted))[:count]
    return sorted(close, key=lambda time: time.starts_at)


def _in_parts(times: list[Time]) -> list[tuple[str, list[Time]]]:
    parts: list[tuple[str, list[Time]]] = []
    low = 0
    for high, label in PARTS:
        found = [time for time in times if low <= time.starts_at.hour < high]
        if found:
            parts.append((label(), found))
        low = high
    return parts


def instant(typed: str) -> datetime | None:
    """The instant with its offset that a button sends; nothing if it is none."""
    try:
        at = datetime.fromisoformat(typed[:40])
    except ValueError:
        return None
    return at if at.tzinfo and 2000 < at.year < 2200 else None
