"""The one place that reads the clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_OFFSET = re.compile(r"([+-])(?:(\d{1,4})h)?(?:(\d{1,2})m)?")
_offset = timedelta()


class BadOffset(ValueError):
    """The text is not an offset such as +21h30m."""


def now() -> datetime:
    """This instant in UTC, shifted by the installation's offset (zero but in a demo)."""
    return datetime.now(UTC) + _offset


def set_offset(offset: timedelta) -> None:
    global _offset
    _offset = offset


def parse_offset(text: str) -> timedelta:
    """Read `+21h30m`, `-2h`, `+15m`. Raises BadOffset."""
    found = _OFFSET.fullmatch(text)
    if found is None or (found[2] is None and found[3] is None):
        raise BadOffset(text)
    size = timedelta(hours=int(found[2] or 0), minutes=int(found[3] or 0))
    return -size if found[1] == "-" else size
