"""Where backups are kept: the first place is ours to tidy, any further one is only ever added to."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from reservo.adapters import archives
from reservo.adapters.archives.base import Fill

PART_BYTES = 1 << 20


class OnlyAdding:
    """An archive as the platform may use a second place: nothing in it can be changed or removed from here."""

    def __init__(self, archive: archives.Archive):
        self.address = archive.address
        self.write = archive.write
        self.open = archive.open
        self.has = archive.has
        self.names = archive.names


Place = archives.Archive | OnlyAdding


def first() -> archives.Archive:
    """RESERVO_BACKUP_PLACES' first, else a directory beside the data. Raises ArchiveGone."""
    if settings.RESERVO_BACKUP_PLACES:
        return archives.at(settings.RESERVO_BACKUP_PLACES[0])
    beside().mkdir(exist_ok=True, mode=0o700)
    return archives.at(str(beside()))


def beside() -> Path:
    """The directory beside the data, which the first backup makes where no place is named."""
    return Path(settings.RESERVO_DATA_DIR) / "backups"


def every() -> list[Place]:
    return [first(), *(OnlyAdding(archives.at(address)) for address in settings.RESERVO_BACKUP_PLACES[1:])]


def with_address(address: str) -> Place:
    """A configured place, or one that an operator names."""
    return next((place for place in every() if place.address == address), None) or OnlyAdding(
        archives.at(address)
    )


def hand_on(source: Place, name: str) -> Fill:
    """For `write`: what another place keeps under this name."""

    def fill(put: object) -> None:
        with source.open(name) as file:
            while part := file.read(PART_BYTES):
                put(part)  # type: ignore[operator]

    return fill
