"""Wall clocks and instants. The zone tables of PyPI's tzdata win over the machine's."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

zoneinfo.reset_tzpath(to=())

Kind = Literal["normal", "gap", "fold"]
MINUS = "−"

BY_COUNTRY: dict[str, tuple[str, ...]] = {
    "AR": ("America/Argentina/Buenos_Aires", "America/Argentina/Cordoba", "America/Argentina/Ushuaia"),
    "BO": ("America/La_Paz",),
    "CL": ("America/Santiago", "America/Punta_Arenas", "America/Coyhaique", "Pacific/Easter"),
    "CO": ("America/Bogota",),
    "CR": ("America/Costa_Rica",),
    "EC": ("America/Guayaquil", "Pacific/Galapagos"),
    "ES": ("Europe/Madrid", "Atlantic/Canary", "Africa/Ceuta"),
    "MX": (
        "America/Mexico_City",
        "America/Cancun",
        "America/Monterrey",
        "America/Hermosillo",
        "America/Tijuana",
    ),
    "PA": ("America/Panama",),
    "PE": ("America/Lima",),
    "PY": ("America/Asuncion",),
    "US": ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    "UY": ("America/Montevideo",),
}
_ACCENTED = {
    "America/Bogota": "Bogotá",
    "America/Asuncion": "Asunción",
    "America/Cancun": "Cancún",
    "America/Argentina/Cordoba": "Córdoba",
    "Pacific/Galapagos": "Galápagos",
}
_NAMES = {
    "es": {
        **_ACCENTED,
        "America/Mexico_City": "Ciudad de México",
        "America/New_York": "Nueva York",
        "Pacific/Easter": "Isla de Pascua",
        "Atlantic/Canary": "Canarias",
        "America/Panama": "Panamá",
    },
    "en": {**_ACCENTED, "Pacific/Easter": "Easter Island", "Atlantic/Canary": "Canary Islands"},
}


class UnknownZone(ValueError):
    """Not the name of an IANA zone."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The instant a wall-clock time stands for, and whether the clocks made that a question."""

    instant: datetime
    kind: Kind


@lru_cache(maxsize=512)
def zone(name: str) -> ZoneInfo:
    """The zone of this name. Raises UnknownZone."""
    try:
        return ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise UnknownZone(name) from unknown


def is_zone(name: str) -> bool:
    try:
        zone(name)
    except UnknownZone:
        return False
    return "/" in name or name == "UTC"


def resolve(wall: datetime, zone_name: str) -> Resolution:
    """The instant of a naive wall-clock time: in a gap the first valid one after it, in a fold the first of both."""
    where = zone(zone_name)
    first = wall.replace(tzinfo=where, fold=0)
    instant = first.astimezone(UTC)
    if instant.astimezone(where).replace(tzinfo=None) != wall:
        return Resolution(_end_of_gap(wall, where), "gap")
    second = wall.replace(tzinfo=where, fold=1).astimezone(UTC)
    return Resolution(instant, "normal" if second == instant else "fold")


def _end_of_gap(wall: datetime, where: ZoneInfo) -> datetime:
    """The instant at which the clocks jumped over `wall`."""
    before = wall.replace(tzinfo=where, fold=0).utcoffset() or timedelta()
    after = wall.replace(tzinfo=where, fold=1).utcoffset() or timedelta()
    low, high = sorted(((wall - before).replace(tzinfo=UTC), (wall - after).replace(tzinfo=UTC)))
    low -= timedelta(seconds=1)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=((high - low) // timedelta(seconds=1)) // 2)
        if middle.astimezone(where).replace(tzinfo=None) < wall:
            low = middle
        else:
            high = middle
    return high


def at_minute(day: date, minute: int, zone_name: str) -> datetime:
    """The instant of a minute of the local day (1440 is the next midnight), by the rules of `resolve`."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    return resolve(wall, zone_name).instant


def is_second_fold(instant: datetime, zone_name: str) -> bool:
    """Whether the wall clock shows this time for the second time; it is neither offered nor accepted."""
    return bool(instant.astimezone(zone(zone_name)).fold)


def local(instant: datetime, zone_name: str) -> datetime:
    return instant.astimezone(zone(zone_name))


def local_date(instant: datetime, zone_name: str) -> date:
    return local(instant, zone_name).date()


def minute_of_day(instant: datetime, zone_name: str) -> int:
    at = local(instant, zone_name)
    return at.hour * 60 + at.minute


@lru_cache(maxsize=4096)
def day_bounds(day: date, zone_name: str) -> tuple[datetime, datetime]:
    """[start, end) of a local day in UTC; 00:00 may not exist, then it starts at the first instant that does."""
    return at_minute(day, 0, zone_name), at_minute(day + timedelta(days=1), 0, zone_name)


def offset_label(instant: datetime, zone_name: str) -> str:
    """`UTC−3`, `UTC+5:30`, `UTC` at that instant."""
    minutes = int((local(instant, zone_name).utcoffset() or timedelta()).total_seconds()) // 60
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    sign = MINUS if minutes < 0 else "+"
    return f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")


def zone_label(zone_name: str, language: str = "es") -> str:
    """The zone's city in words: `Punta Arenas`, `Nueva York`."""
    return _NAMES.get(language, {}).get(zone_name) or zone_name.rsplit("/", 1)[-1].replace("_", " ")


def choices_for(country: str) -> tuple[str, ...]:
    """Zones of a country, the capital's first; all known ones for a country not listed."""
    return BY_COUNTRY.get(country) or tuple(name for names in BY_COUNTRY.values() for name in names)
