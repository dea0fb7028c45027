"""Until when a patient may change a visit by the link of a mail; told by whoever keeps those rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long before the visit each ends."""

    move: timedelta = timedelta()
    cancel: timedelta = timedelta()


_source: Callable[[], Deadlines] = Deadlines


def come_from(source: Callable[[], Deadlines]) -> None:
    global _source
    _source = source


def deadlines() -> Deadlines:
    return _source()
