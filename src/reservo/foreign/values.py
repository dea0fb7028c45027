"""Foreign values as ours: text with broken letters, dates of nothing, amounts, clocks. Plain functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from reservo.core import zones

_TRUE = frozenset({"1", "t", "true", "y", "yes", "s", "si", "sí", "on", "\x01"})
_FALSE = frozenset({"", "0", "f", "false", "n", "no", "off", "\x00"})
_NOTHING = frozenset({"", "0"})
_ZERO_DATE = "0000-00-00"
# First bytes of two- and three-byte letters of UTF-8, as they look when read as Latin-1.
_BROKEN = frozenset("ÂÃâÅÄ")


class BadValue(ValueError):
    """The value cannot be understood as what it should be; the message is the value."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Which clock shows a foreign wall-clock time: the branch's own, the foreign server's, or UTC."""

    kind: str
    server_zone: str

    def resolved(self, wall: datetime, branch_zone: str) -> zones.Resolution:
        """The instant. A column that carries its own offset is believed."""
        if wall.tzinfo is not None:
            return zones.Resolution(wall.astimezone(UTC), "normal")
        if self.kind == "utc":
            return zones.Resolution(wall.replace(tzinfo=UTC), "normal")
        return zones.resolve(wall, self.server_zone if self.kind == "server" else branch_zone)


def is_nothing(value: Any) -> bool:
    """NULL, an empty text, or the 0 that stands for no row."""
    return value is None or plain(value) in _NOTHING


def plain(value: Any) -> str:
    """The value as text, for maps and comparisons: `1` for 1, true and b'\\x01'."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, bytes):
        text = _decoded(value)
        return {"\x00": "0", "\x01": "1"}.get(text, text).strip()
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return str(int(value))
    return str(value).strip()


def text(value: Any, *, mojibake: str = "") -> str:
    if value is None:
        return ""
    found = _decoded(value) if isinstance(value, bytes) else str(value)
    return repaired(found) if mojibake == "latin1" else found


def repaired(broken: str) -> str:
    """`MuÃ±oz` is `Muñoz`: UTF-8 that was once read as Latin-1. Anything that is not that stays."""
    for _ in range(2):
        if not _BROKEN & set(broken):
            return broken
        try:
            broken = _as_bytes(broken).decode("utf-8")
        except UnicodeError:
            return broken
    return broken


def _as_bytes(broken: str) -> bytes:
    """Windows-1252 with the five bytes that it leaves open, as MariaDB's latin1."""
    return b"".join(
        letter.encode("latin-1") if "\x80" <= letter <= "\x9f" else letter.encode("cp1252")
        for letter in broken
    )


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def flag(value: Any) -> bool:
    """Raises BadValue."""
    said = plain(value).casefold() if value is not None else ""
    if said in _TRUE:
        return True
    if said in _FALSE:
        return False
    raise BadValue(said)


def whole(value: Any) -> int:
    """Raises BadValue."""
    found = amount(value)
    if found != found.to_integral_value():
        raise BadValue(plain(value))
    return int(found)


def amount(value: Any) -> Decimal:
    """Raises BadValue."""
    try:
        found = Decimal(plain(value))
    except InvalidOperation:
        raise BadValue(plain(value)) from None
    if not found.is_finite():
        raise BadValue(plain(value))
    return found


def wall(value: Any) -> datetime | None:
    """A date with its time; None for NULL and for a date of zeros. Raises BadValue."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001  # a wall clock
    said = plain(value) if value is not None else ""
    if not said or said.startswith(_ZERO_DATE):
        return None
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        raise BadValue(said) from None


def day(value: Any) -> date | None:
    """Raises BadValue."""
    found = wall(value)
    return found.date() if found else None


def seconds_between(start: Any, end: Any) -> int:
    """As the foreign server subtracts two columns: by the wall, and nothing where one is no date."""
    try:
        first, last = wall(start), wall(end)
    except BadValue:
        return 0
    return int((last - first) / timedelta(seconds=1)) if first and last else 0
