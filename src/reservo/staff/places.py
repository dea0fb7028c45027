"""Branches and practitioners as the staff screens list them; the catalog, above us, says which there are."""

from __future__ import annotations

from collections.abc import Callable

Choices = list[tuple[int, str]]
_sources: dict[str, Callable[[], Choices]] = {}


def choices_from(*, branches: Callable[[], Choices], practitioners: Callable[[], Choices]) -> None:
    _sources.update(branches=branches, practitioners=practitioners)


def branches() -> Choices:
    return _sources["branches"]()


def practitioners() -> Choices:
    return _sources["practitioners"]()
