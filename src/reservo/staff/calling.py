"""What the centre calls those it looks after; the catalog, above us, keeps the word."""

from __future__ import annotations

from collections.abc import Callable

from reservo.core.words import Called

_sources: list[Callable[[], Called]] = []


def words_from(source: Callable[[], Called]) -> None:
    _sources[:] = [source]


def called() -> Called:
    """In the language of the moment; one query."""
    return _sources[0]()
