"""The control plane's own backup: its database, and the secret that its sealed values need."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connections

from reservo.fleet import controlplane, copies
from reservo.fleet.backups import identity, packing
from reservo.fleet.backups.manifests import CONTROL, Manifest
from reservo.fleet.copies import Progress
from reservo.fleet.rows import Digest
from reservo.tenancy import namespaces
from reservo.tenancy.backends.control import places
from reservo.tenancy.context import CONTROL_ALIAS

SECRET, MARK = "secret.key", "installation.json"


def stage(folder: Path, at: datetime, progress: Progress) -> tuple[Manifest, packing.Content]:
    installation = identity.own()
    path = folder / copies.DATA
    _copy(path, progress)
    kept = _kept_files()
    manifest = Manifest(
        kind=CONTROL,
        installation=installation,
        tenant_id=0,
        slug="",
        taken_at=at,
        schema=namespaces.schema_fingerprint(),
        migrations=copies.applied(path),
        data=packing.part_of(copies.DATA, path),
        facts={"data_directory": str(settings.RESERVO_DATA_DIR)},
        tables=digests(path),
        files=[packing.part_of_bytes(name, content) for name, content in kept.items()],
    )
    return manifest, kept.__getitem__


def compare(folder: Path, expected: Manifest) -> None:
    """Raises NotEqual."""
    path = folder / copies.DATA
    with closing(sqlite3.connect(path)) as file:
        if file.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise copies.NotEqual("the file's own check")
    copies.refuse_different(expected.tables, digests(path))


def digests(path: Path) -> dict[str, Digest]:
    """Of every table of a control database's file."""
    found = {}
    with closing(sqlite3.connect(path)) as file:
        names = file.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        for (name,) in names.fetchall():
            table = Digest()
            cursor = file.execute(f'SELECT * FROM "{name}"')  # noqa: S608  # nosec B608: its own name
            while page := cursor.fetchmany(2_000):
                table = table.plus(page)
            found[name] = table
    return found


def _copy(path: Path, progress: Progress) -> None:
    """At one moment; from a server row by row, compared in the file."""
    connection = connections[CONTROL_ALIAS]
    if connection.vendor == "sqlite":
        _copy_file(Path(connection.settings_dict["NAME"]), path, progress)
    else:
        controlplane.copy(places.in_file(path), progress=progress)
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy_file(of: Path, path: Path, progress: Progress) -> None:
    with closing(sqlite3.connect(of)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target, progress=lambda *_: progress())


def _kept_files() -> dict[str, bytes]:
    """What the database's sealed values need to be read again, unless the environment brings it."""
    kept = {SECRET: settings.SECRET_KEY.encode()}
    mark = Path(settings.RESERVO_DATA_DIR) / MARK
    if mark.exists():
        kept[MARK] = mark.read_bytes()
    return kept
