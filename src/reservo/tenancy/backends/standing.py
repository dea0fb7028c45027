"""What a standby says of itself, the same words for every engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """`seconds_behind` is None where nothing arrives, so that nobody can tell; `position` is in the engine's words.

    `waits_for`: servers that it would wait for at every commit, once it is the primary.
    """

    is_standby: bool
    is_receiving: bool
    seconds_behind: float | None
    position: str
    may_promote: bool
    mend: str
    waits_for: str = ""
