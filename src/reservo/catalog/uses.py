"""What apps above know about the use of the catalog: visits to come that a change would touch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

_sources: dict[str, Callable[..., Any]] = {}


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit to come, as the catalog needs to know it."""

    id: int
    practitioner_id: int | None
    branch_id: int
    zone: str
    starts_at: datetime
    local_date: date
    first_tick: int
    end_tick: int


def come_from(**sources: Callable[..., Any]) -> None:
    """Register `coming(at, **where)`, `booked_online()` and `page_is_open()`."""
    _sources.update(sources)


def coming(at: datetime, **where: int) -> list[Visit]:
    """Live visits that end after `at`, soonest first; `where` names branch_id, practitioner_id or room_id."""
    return _sources["coming"](at, **where)


def booked_online() -> bool:
    """Whether anybody has ever booked online."""
    return _sources["booked_online"]()


def page_is_open() -> bool:
    return _sources["page_is_open"]()
