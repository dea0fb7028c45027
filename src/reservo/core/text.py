"""Text as people type it, find it again and read it."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

_WEEKDAYS = {
    "es": ("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_WEEKDAYS_LONG = {
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
_MONTHS_LONG = {
    "es": (
        *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
        *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
_UNPRINTABLE = ("Cc", "Cs", "Co")
_DIRECTIONS = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069"


GROWTH = 4  # more than any letter becomes once normalised


class TooLong(ValueError):
    """The text is longer than its place."""


def clean(typed: str, longest: int, *, lines: bool = False) -> str:
    """Normalised, without control characters, runs of blanks made one (lines kept if asked). Raises TooLong."""
    if len(typed) > longest * GROWTH + 64:
        raise TooLong(longest)
    normal = unicodedata.normalize("NFC", typed.replace("\r\n", "\n").replace("\r", "\n"))
    if lines:
        kept = "\n".join(" ".join(_visible(line).split()) for line in normal.split("\n")).strip()
    else:
        kept = " ".join(_visible(normal.replace("\n", " ").replace("\t", " ")).split())
    if len(kept) > longest:
        raise TooLong(longest)
    return kept


def cut(typed: str, longest: int) -> str:
    """As `clean` in one line, and what does not fit is left out."""
    return clean(typed[:longest], GROWTH * longest)[:longest]


def _visible(line: str) -> str:
    spaced = line.replace("\t", " ")
    return "".join(c for c in spaced if unicodedata.category(c) not in _UNPRINTABLE and c not in _DIRECTIONS)


def without_addresses(name: str) -> str:
    """A name in which no mail program finds an address of the web: `Ma.José` is `Ma. José`, `malo.example` no link."""
    return re.sub(r"(?<=\w)\.(?=\w)", ". ", name.replace("://", " "))


def fold(typed: str) -> str:
    """For searching: no accents, no case, blanks made one."""
    parts = unicodedata.normalize("NFKD", typed)
    return " ".join("".join(c for c in parts if not unicodedata.combining(c)).casefold().split())


def day_short(day: date, language: str) -> str:
    """`mar 1 dic`, `Tue 1 Dec`."""
    language = _language(language)
    return f"{_WEEKDAYS[language][day.weekday()]} {day.day} {_MONTHS[language][day.month - 1]}"


def day_long(day: date, language: str) -> str:
    """`martes 1 de diciembre de 2026`, `Tuesday 1 December 2026`."""
    language = _language(language)
    weekday, month = _WEEKDAYS_LONG[language][day.weekday()], _MONTHS_LONG[language][day.month - 1]
    if language == "es":
        return f"{weekday} {day.day} de {month} de {day.year}"
    return f"{weekday} {day.day} {month} {day.year}"


def month_long(day: date, language: str) -> str:
    language = _language(language)
    month = _MONTHS_LONG[language][day.month - 1]
    return f"{month} de {day.year}" if language == "es" else f"{month} {day.year}"


def weekday_long(weekday: int, language: str) -> str:
    return _WEEKDAYS_LONG[_language(language)][weekday]


def weekday_short(weekday: int, language: str) -> str:
    return _WEEKDAYS[_language(language)][weekday]


def clock(at: datetime) -> str:
    """`09:30`, by the clock of `at`'s own zone."""
    return f"{at:%H:%M}"


def minute_clock(minute: int) -> str:
    """`09:30` of a minute of the day; 1440 is `24:00`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def day_and_clock(at: datetime, language: str) -> str:
    """`mar 1 dic, 09:30`."""
    return f"{day_short(at.date(), language)}, {clock(at)}"


def _language(language: str) -> str:
    return language if language in _WEEKDAYS else "es"
