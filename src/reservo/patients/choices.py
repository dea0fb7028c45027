"""What the patient's screens need from apps above: countries are ours, people and visits are told to us."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Pairs = list[tuple[Any, str]]
_sources: dict[str, Callable[..., Any]] = {}


def come_from(**sources: Callable[..., Any]) -> None:
    """Register `countries`, `default_country`, `practitioners`, `visits_of`."""
    _sources.update(sources)


def countries() -> Pairs:
    return _sources["countries"]()


def default_country() -> str:
    return _sources["default_country"]()


def practitioners(kept: int | None = None) -> Pairs:
    """Those who work here now, and the one that a file names already."""
    return _sources["practitioners"](kept)


def visits_of(staff: Any, patient_id: int) -> list[Any]:
    """The patient's visits that this member of staff may see, newest first."""
    return _sources["visits_of"](staff, patient_id)
