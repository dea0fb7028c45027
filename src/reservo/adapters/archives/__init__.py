"""Places where backups are kept."""

from __future__ import annotations

from pathlib import Path

from reservo.adapters.archives.base import AlreadyThere, Archive, ArchiveGone, BadName, NotThere
from reservo.adapters.archives.directory import DirectoryArchive

__all__ = ["AlreadyThere", "Archive", "ArchiveGone", "BadName", "NotThere", "at"]


def at(address: str) -> Archive:
    """The archive at an address: a directory, which is never made here. Raises ArchiveGone for other kinds."""
    if "://" in address:
        raise ArchiveGone(f"{address}: no archive of this kind is known")
    return DirectoryArchive(Path(address))
