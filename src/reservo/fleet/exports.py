"""A centre as anybody can read it: one SQLite file, its attachments and a manifest, in a zip or a directory.

docs/operations/export-format.md is the format. It is the same as that of a backup, but open: no key, no passwords.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from reservo import tenancy
from reservo.fleet import copies
from reservo.fleet.backups import packing, restoring, taking
from reservo.fleet.backups.manifests import CENTRE, Manifest, Part
from reservo.fleet.backups.sealing import Damaged
from reservo.fleet.backups.sources import Opened
from reservo.tenancy.models import Placement

MOST_FILES = 100_000
Open = Callable[[str], BinaryIO]


class NoExport(ValueError):
    """The path holds none, or cannot take one; the message says why."""


def write(slug: str, target: Path, *, at: datetime, progress: copies.Progress = lambda: None) -> Manifest:
    """To a path that ends in .zip, or else a directory; neither may be there. Whole or not at all.

    Raises NoExport, CentreGone, OSError (full disk).
    """
    if target.exists() or not target.parent.is_dir():
        raise NoExport(
            f"{target} is there already" if target.exists() else f"{target.parent} is no directory"
        )
    placement = Placement.objects.filter(slug=slug).first()
    if placement is None:
        raise NoExport(f"there is no centre {slug}")
    placement = taking.placement_of(placement.pk)
    with copies.scratch() as folder:
        copy = copies.copy(placement.route(), folder, progress=progress)
        _shrink(copy.path)
        manifest = taking.manifest_of_centre(placement, copy, at, secrets=False)
        pack = _pack_zip if target.suffix == ".zip" else _pack_directory
        draft = target.with_name(f".{target.name}.{os.getpid()}.draft")
        try:
            pack(draft, manifest, copy.path, packing.content_of(slug))
            draft.rename(target)
        finally:
            _remove(draft)
    return manifest


def take_in(
    slug: str, source: Path, *, store: str = "", at: datetime, progress: copies.Progress = lambda: None
) -> tenancy.Route:
    """A new centre of an export, in maintenance until somebody opens it.

    Raises NoExport, Damaged, BadManifest, NotEqual, OtherSchema, BadSlug, TenantExists, BadTenant, NoRoom,
    UnknownStore, StoreUnavailable, OSError (full disk); then nothing has changed.
    """
    with opened(source, progress=progress) as export:
        return restoring.take_in(slug, export, store=store, row_by_row=True, at=at, progress=progress)


@contextmanager
def opened(source: Path, *, progress: copies.Progress = lambda: None) -> Iterator[Opened]:
    """An export that was proved against its own manifest. Nobody vouches for it: nothing in it is run."""
    with copies.scratch() as folder, _reading(source) as open_part:
        manifest = _manifest(open_part)
        _take(open_part, manifest.data, packing.DATA, folder)
        for part in manifest.files:
            _take(open_part, part, packing.FILES + part.name, folder)
        route = taking.route_of(manifest, folder)
        _refuse_active_content(copies.path_of(route))
        tables = copies.bring_up(route, manifest.migrations, expected=manifest.tables, progress=progress)
        yield Opened(manifest, folder, copies.brought_up(route), tables)


def _shrink(path: Path) -> None:
    """What was deleted in the centre does not travel in the file's empty pages."""
    with closing(sqlite3.connect(path)) as file:
        file.execute("VACUUM")
        file.execute("PRAGMA journal_mode=DELETE")


def _pack_zip(draft: Path, manifest: Manifest, data: Path, content: packing.Content) -> None:
    with zipfile.ZipFile(draft, "x", zipfile.ZIP_DEFLATED, compresslevel=packing.LEVEL) as archive:
        archive.writestr(packing.MANIFEST, manifest.to_json())
        archive.write(data, packing.DATA)
        for part in manifest.files:
            archive.writestr(packing.FILES + part.name, content(part.name))


def _pack_directory(draft: Path, manifest: Manifest, data: Path, content: packing.Content) -> None:
    draft.mkdir()
    (draft / packing.MANIFEST).write_bytes(manifest.to_json())
    shutil.copyfile(data, draft / packing.DATA)
    for part in manifest.files:
        path = draft / packing.FILES / part.name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content(part.name))


def _remove(draft: Path) -> None:
    if draft.is_dir():
        shutil.rmtree(draft, ignore_errors=True)
    else:
        draft.unlink(missing_ok=True)


@contextmanager
def _reading(source: Path) -> Iterator[Open]:
    if not source.exists():
        raise NoExport(f"{source} is not there")
    if source.is_dir():
        yield lambda name: _open_in_directory(source, name)
        return
    try:
        with zipfile.ZipFile(source) as archive:
            yield lambda name: _open_in_zip(archive, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as wrong:
        raise Damaged(f"{source}: {wrong}") from wrong


def _open_in_directory(source: Path, name: str) -> BinaryIO:
    try:
        return (source / name).open("rb")
    except (FileNotFoundError, IsADirectoryError):
        raise Damaged(f"{name} is missing") from None


def _open_in_zip(archive: zipfile.ZipFile, name: str) -> Any:
    try:
        return archive.open(name)
    except KeyError:
        raise Damaged(f"{name} is missing") from None


def _manifest(open_part: Open) -> Manifest:
    with open_part(packing.MANIFEST) as file:
        manifest = Manifest.from_json(file.read(packing.MOST_MANIFEST_BYTES))
    if manifest.kind != CENTRE or len(manifest.files) > MOST_FILES:
        raise NoExport("it is not one of a centre")
    return manifest


def _take(open_part: Open, part: Part, name: str, folder: Path) -> None:
    packing.refuse_bad_name(part)
    with open_part(name) as file:
        packing.write_part(file, folder / name, part)


def _refuse_active_content(path: Path) -> None:
    """A database may carry statements that run when it is read or changed; an export has none."""
    with closing(sqlite3.connect(path)) as file:
        try:
            found = file.execute(
                "SELECT name FROM sqlite_master WHERE type NOT IN ('table', 'index') OR sql LIKE 'CREATE VIRTUAL%'"
            ).fetchall()
        except sqlite3.DatabaseError as wrong:
            raise Damaged(f"the data are no database: {wrong}") from wrong
    if found:
        raise Damaged(f"the data carry what no export has: {found[0][0]}")
