"""What the booking page promises about the mail that follows; told by whoever sends it."""

from __future__ import annotations

from collections.abc import Callable


def _nobody() -> int | None:
    return None


_source: Callable[[], int | None] = _nobody


def come_from(source: Callable[[], int | None]) -> None:
    """`source` gives the minutes until the confirmation leaves; None if none is sent."""
    global _source
    _source = source


def confirmation_minutes() -> int | None:
    return _source()
