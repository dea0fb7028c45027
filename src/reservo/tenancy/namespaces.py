"""Making, copying and removing the place of one centre's data."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tempfile
from functools import lru_cache
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper

from reservo.tenancy.backends.sqlite.base import BUSY_TIMEOUT_SECONDS, address_of, path_of
from reservo.tenancy.context import CONTROL_ALIAS, TENANT_ALIAS, Route


class NamespaceTaken(RuntimeError):
    """The place already holds a centre."""


def create(route: Route) -> None:
    """Copy the template into the route's place and write whose it is. Never runs a migration."""
    target = path_of(route)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        raise NamespaceTaken(str(target))
    draft = target.with_name(f".{target.name}.{os.getpid()}.draft")
    shutil.copyfile(template(), draft)
    _mark(draft, route)
    os.link(draft, target)
    draft.unlink()


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
    """Delete a namespace and its journal files; nothing if there is none."""
    target = path_of(route)
    for suffix in ("", "-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)


def template() -> Path:
    """The migrated, empty namespace that new ones are copied from; made anew when migrations change."""
    path = Path(settings.RESERVO_DATA_DIR) / "templates" / f"tenant-{schema_fingerprint()}.db"
    if not path.exists():
        _build(path)
    return path


@lru_cache(maxsize=1)
def schema_fingerprint() -> str:
    """Names and contents of all migrations, hashed."""
    digest = hashlib.sha256()
    for app in apps.get_app_configs():
        for file in sorted(Path(app.path, "migrations").glob("*.py")):
            digest.update(f"{app.label}/{file.name}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _build(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        draft = Path(scratch) / "tenant.db"
        _migrate(draft)
        with sqlite3.connect(draft) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        os.replace(draft, path)


def _migrate(file: Path) -> None:
    defaults = connections[CONTROL_ALIAS].settings_dict
    wrapper = DatabaseWrapper({**defaults, "NAME": str(file), "OPTIONS": {}}, alias=TENANT_ALIAS)
    connections[TENANT_ALIAS] = wrapper
    try:
        call_command("migrate", database=TENANT_ALIAS, verbosity=0, interactive=False)
    finally:
        wrapper.close()
        del connections[TENANT_ALIAS]


def _mark(file: Path, route: Route) -> None:
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
