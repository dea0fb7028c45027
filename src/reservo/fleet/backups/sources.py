"""Where a backup to restore is read from: one that we know of, any that a place holds, or a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from reservo import tenancy
from reservo.adapters import archives
from reservo.fleet import copies
from reservo.fleet.backups import control, keys, packing, places, sealing, taking
from reservo.fleet.backups.manifests import CENTRE, Manifest, instant
from reservo.fleet.models import Backup
from reservo.fleet.rows import Digest


class NoBackup(LookupError):
    """There is none that fits; the message says where was looked."""


@dataclass(frozen=True, slots=True)
class Source:
    label: str
    name: str
    open: Callable[[], BinaryIO]

    def header(self) -> dict[str, Any]:
        """Not proved. Raises Damaged, OSError."""
        with self.open() as file:
            return sealing.header_of(file)


@dataclass(frozen=True, slots=True)
class Opened:
    """A backup that was unpacked, proved against its manifest, and brought up to this release."""

    manifest: Manifest
    folder: Path
    route: tenancy.Route
    tables: dict[str, Digest]

    def content(self, name: str) -> bytes:
        return (self.folder / packing.FILES / name).read_bytes()


def newest(tenant_id: int, *, before: datetime | None = None) -> Source:
    """Of those that were proved, from whichever place has it. Raises NoBackup."""
    known = Backup.objects.filter(tenant_id=tenant_id, taken_at__isnull=False).order_by("-taken_at")
    if before is not None:
        known = known.filter(taken_at__lte=before)
    for backup in known.exclude(key="")[:50]:
        for place in places.every():
            if _has(place, backup.key):
                return in_place(place, backup.key)
    raise NoBackup(
        f"no place has a backup of centre {tenant_id}" + (f" of {before} or before" if before else "")
    )


def kept(backup: Backup) -> Source:
    """That very one, from whichever place has it. Raises NoBackup."""
    for place in places.every():
        if backup.key and _has(place, backup.key):
            return in_place(place, backup.key)
    raise NoBackup(f"no place has {backup.key or backup}")


def one(address: str) -> Source:
    """A file, or a backup in a bucket as labels name it. Raises NoBackup, BadAddress, BadName."""
    if "://" in address:
        place, name = archives.split(address)
        return in_place(places.with_address(place), name)
    if not Path(address).is_file():
        raise NoBackup(f"{address} is no file")
    return Source(address, Path(address).name, lambda: Path(address).open("rb"))


def in_place(place: places.Place, name: str) -> Source:
    return Source(archives.within(place.address, name), name, lambda: place.open(name))


def listed(place: places.Place, folder: str = "") -> Iterator[tuple[Source, dict[str, Any]]]:
    """Everything in a place that calls itself a backup, with its header, newest first. Raises ArchiveGone."""
    found = []
    for name in place.names(folder):
        source = in_place(place, name)
        try:
            header = source.header()
            found.append((instant(str(header["taken_at"])), source, header))
        except (sealing.Damaged, OSError, KeyError, ValueError):
            continue
    for _, source, header in sorted(found, key=lambda one: one[0], reverse=True):
        yield source, header


@contextmanager
def opened(source: Source, *, progress: copies.Progress = lambda: None) -> Iterator[Opened]:
    """Raises Damaged, WrongKey, BadManifest, NotEqual, OtherSchema, OSError (full disk)."""
    with copies.scratch() as folder:
        with source.open() as file:
            manifest = packing.unpack(file, folder, keys.current())
        route = taking.route_of(manifest, folder)
        tables = manifest.tables
        if manifest.kind == CENTRE:
            tables = copies.bring_up(route, manifest.migrations, expected=tables, progress=progress)
            route = copies.brought_up(route)
        else:
            control.compare(folder, manifest)
        yield Opened(manifest, folder, route, tables)


def _has(place: places.Place, name: str) -> bool:
    try:
        return place.has(name)
    except OSError:
        return False
