"""Making and removing a centre's file."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from reservo.tenancy import servers
from reservo.tenancy.backends.sqlite.base import BUSY_TIMEOUT_SECONDS, address_of, path_of
from reservo.tenancy.context import CONTROL_ALIAS, TENANT_ALIAS, Route
from reservo.tenancy.servers import Finding


def exists(route: Route) -> bool:
    return path_of(route).exists()


def names(route: Route) -> set[str]:
    root = Path(route.address)
    return {str(Path(folder, name).relative_to(root)) for folder, _, files in os.walk(root) for name in files}


def create(route: Route, template: Path, *, loose: bool = False) -> None:
    target = path_of(route)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}.draft")
    shutil.copyfile(template, draft)
    mark(draft, route)
    os.link(draft, target)
    draft.unlink()


def tighten(template: Path) -> None:
    """Relations are checked for all who open the file; only the mover's connection was loose."""


@contextlib.contextmanager
def loosely() -> Iterator[None]:
    with connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        with connections[TENANT_ALIAS].cursor() as cursor:
            cursor.execute("PRAGMA foreign_keys=ON")


@contextlib.contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    wrapper: Any = connections[TENANT_ALIAS]
    usual, wrapper.longest_wait_seconds = wrapper.longest_wait_seconds, seconds
    try:
        yield
    finally:
        wrapper.longest_wait_seconds = usual


def wait_alone(route: Route) -> None:
    """A transaction that writes is alone in the file anyway."""


def raise_epoch(route: Route, epoch: int) -> None:
    """From its return on, only this epoch or a later one writes here; waits for transactions under way."""
    database = sqlite3.connect(address_of(path_of(route)), uri=True, timeout=BUSY_TIMEOUT_SECONDS)
    try:
        with database:
            database.execute("PRAGMA synchronous=FULL")
            database.execute(
                "UPDATE tenancy_namespaceepoch SET epoch = ? WHERE tenant_id = ? AND epoch < ?",
                (epoch, route.tenant_id, epoch),
            )
    finally:
        database.close()


def epoch_of(route: Route) -> int | None:
    """The epoch that may write here; None if the namespace is gone or is another centre's."""
    try:
        database = sqlite3.connect(address_of(path_of(route)), uri=True, timeout=BUSY_TIMEOUT_SECONDS)
    except sqlite3.OperationalError:
        return None
    try:
        found = database.execute(
            "SELECT epoch FROM tenancy_namespaceepoch WHERE tenant_id = ?", (route.tenant_id,)
        ).fetchone()
    except sqlite3.DatabaseError:
        return None
    finally:
        database.close()
    return int(found[0]) if found else None


def remove(route: Route) -> None:
    """The file and its journals; nothing if there is none."""
    target = path_of(route)
    for suffix in ("", "-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)


def size_of(route: Route) -> int:
    """The file and what is not yet brought into it."""
    target = path_of(route)
    parts = (target.with_name(target.name + suffix) for suffix in ("", "-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())


def check(store: str, address: str) -> list[Finding]:
    folder = Path(address)
    parent = next(place for place in (folder, *folder.parents) if place.exists())
    return [
        Finding(
            f"{folder} can be written",
            _can_write(parent),
            "give it to the user that runs reservo",
            "writable",
            {"folder": folder},
        ),
        servers.version_of("SQLite", sqlite3.sqlite_version, sqlite3.sqlite_version_info >= (3, 35), "3.35"),
    ]


def _can_write(folder: Path) -> bool:
    """Tried: what a mount or the kernel refuses is in no mode of a directory."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def write_template(store: str, file: Path) -> None:
    """A migrated, empty file that new ones are copied from; the same for every store."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent) as scratch:
        draft = Path(scratch) / "tenant.db"
        migrate(draft)
        with sqlite3.connect(draft) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        os.replace(draft, file)


def migrate(file: Path, targets: list[tuple[str, str]] | None = None) -> None:
    """Bring a file that no connection of the seam has open up to the code's schema, or to these migrations."""
    defaults = connections[CONTROL_ALIAS].settings_dict
    wrapper = DatabaseWrapper({**defaults, "NAME": str(file), "OPTIONS": {}}, alias=TENANT_ALIAS)
    connections[TENANT_ALIAS] = wrapper
    try:
        if targets is None:
            call_command("migrate", database=TENANT_ALIAS, verbosity=0, interactive=False)
        else:
            MigrationExecutor(wrapper).migrate(targets)
    finally:
        wrapper.close()
        del connections[TENANT_ALIAS]


def mark(file: Path, route: Route) -> None:
    """Nobody sees the file yet: it is brought to the disk once, whole, instead of with each step of a commit."""
    database = sqlite3.connect(file)
    database.execute("PRAGMA synchronous=OFF")
    with database:
        database.execute(
            "INSERT INTO tenancy_namespaceepoch (id, tenant_id, epoch) VALUES (1, ?, ?)",
            (route.tenant_id, route.epoch),
        )
    database.close()
    with file.open("rb") as whole:
        os.fsync(whole.fileno())
