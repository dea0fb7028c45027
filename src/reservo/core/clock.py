"""The one place that reads the clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_OFFSET = re.compile(r"([+-])(?=\d)(?:(\d{1,4})h)?(?:(\d{1,2})m)?(?:(\d{1,2})s)?")
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
    """Read `+21h30m`, `-2h`, `+15m`, `+1h20m5s`. Raises BadOffset."""
    found = _OFFSET.fullmatch(text)
    if found is None:
        raise BadOffset(text)
    hours, minutes, seconds = (int(found[part] or 0) for part in (2, 3, 4))
    size = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return -size if found[1] == "-" else size
