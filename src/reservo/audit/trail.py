"""The whole trail of a centre, newest first: its own rows, and those that upper apps keep beside what they change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Line:
    """Who did what to which thing, in words; `url` leads to the thing, if it has a page."""

    at: datetime
    who: str
    channel: str
    what: str
    about: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """`before` goes on where a page ended."""

    limit: int
    typed: str = ""
    before: datetime | None = None


Source = Callable[[Search], list[Line]]
_sources: list[Source] = []


def source(function: Source) -> Source:
    """Register `function(search)`: its newest lines that match, at most `limit`."""
    if function not in _sources:
        _sources.append(function)
    return function


def lines(search: Search) -> list[Line]:
    found = [line for function in _sources for line in function(search)]
    return sorted(found, key=lambda line: line.at, reverse=True)[: search.limit]
