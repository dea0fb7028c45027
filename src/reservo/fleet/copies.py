"""A centre as one SQLite file beside the running ones: made from any engine at one moment, put onto any engine."""

from __future__ import annotations

import dataclasses
import os
import shutil
import socket
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections, models
from django.db.migrations.loader import MigrationLoader

from reservo import tenancy
from reservo.fleet import filesums, journal, rows, sequences, snapshots
from reservo.fleet.schemas import known
from reservo.tenancy import connections as tenant_connections
from reservo.tenancy import namespaces
from reservo.tenancy.backends.sqlite import base as sqlite_engine
from reservo.tenancy.backends.sqlite import places as sqlite_places
from reservo.tenancy.context import TENANT_ALIAS
from reservo.tenancy.models import NamespaceEpoch

DATA = "data.db"
STEP_PAGES = 4_096
Progress = Callable[[], None]


class NotEqual(RuntimeError):
    """Two sides that should hold the same do not; the message names the tables."""


class OtherSchema(ValueError):
    """The copy is of a release that this one does not know, or not of Reservo; the message says which."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A file, and what was in the centre at its moment."""

    route: tenancy.Route
    tables: dict[str, rows.Digest]
    sequences: dict[str, int]

    @property
    def path(self) -> Path:
        return sqlite_engine.path_of(self.route)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder in the data directory that is gone afterwards; if we are killed, whoever comes next removes it."""
    parent = Path(settings.RESERVO_DATA_DIR) / "scratch"
    parent.mkdir(exist_ok=True, mode=0o700)
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(dir=parent, prefix=f"{socket.gethostname()}.{os.getpid()}."))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(parent: Path) -> None:
    for folder in parent.glob(f"{socket.gethostname()}.*.*"):
        pid = folder.name.rsplit(".", 2)[1]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def path_of(route: tenancy.Route) -> Path:
    return sqlite_engine.path_of(route)


def route_in(folder: Path, route: tenancy.Route) -> tenancy.Route:
    """The same centre, in a file of the folder."""
    return dataclasses.replace(route, engine="sqlite", address=str(folder), namespace=DATA, store="")


def copy(route: tenancy.Route, folder: Path, *, progress: Progress = lambda: None) -> Copy:
    """The centre as it is at one moment; others go on writing to it meanwhile."""
    target = route_in(folder, route)
    take = _copy_file if route.engine == "sqlite" else _copy_rows
    return take(route, target, progress)


def digests(route: tenancy.Route, *, progress: Progress = lambda: None) -> dict[str, rows.Digest]:
    """Of a centre that nobody writes to."""
    if route.engine != "sqlite":
        return _digests_by_rows(route, rows.tables(), progress)
    found, others = {}, []
    with opened(route):
        there = {model: rows.fields(model) for model in rows.tables_there()}
    with closing(sqlite3.connect(sqlite_engine.path_of(route))) as file:
        for model, fields in there.items():
            table = model._meta.db_table
            try:
                found[table] = filesums.digest(file, table, fields)
            except filesums.UnknownKind:
                others.append(model)
            progress()
    return found | _digests_by_rows(route, others, progress)


def _digests_by_rows(
    route: tenancy.Route, models_: Iterable[type[models.Model]], progress: Progress
) -> dict[str, rows.Digest]:
    found = {}
    with opened(route):
        for model in models_:
            table = rows.Digest()
            for page in rows.pages(model):
                table = table.plus(page)
                progress()
            found[model._meta.db_table] = table
    return found


@contextmanager
def opened(route: tenancy.Route) -> Iterator[None]:
    """Speak for a copy; its connection is closed afterwards."""
    try:
        with tenancy.activate(route):
            yield
    finally:
        tenant_connections.close_for(route.tenant_id)


def refuse_different(expected: dict[str, rows.Digest], found: dict[str, rows.Digest]) -> None:
    different = sorted(
        name
        for name in {*expected, *found}
        if expected.get(name, rows.Digest()) != found.get(name, rows.Digest())
    )
    if different:
        raise NotEqual(", ".join(different))


def bring_up(
    route: tenancy.Route,
    migrations: dict[str, list[str]],
    *,
    expected: dict[str, rows.Digest],
    progress: Progress = lambda: None,
) -> dict[str, rows.Digest]:
    """Prove a copy and bring it up to this release; what it holds then (see `brought_up`).

    Raises OtherSchema, NotEqual.

    One of this release is compared whole. An earlier one is not read by code that does not know its columns: its rows
    are counted before and after.
    """
    known = migrations_here()
    for app, names in migrations.items():
        if newer := sorted(set(names) - set(known.get(app, ()))):
            raise OtherSchema(f"it is of a newer release, which has {app}.{newer[-1]}; update this one first")
    path, route = sqlite_engine.path_of(route), brought_up(route)
    _refuse_broken(path)
    if any(set(names) - set(migrations.get(app, ())) for app, names in known.items()):
        _refuse_other_counts(path, expected)
        sqlite_places.migrate(path)
        _refuse_other_columns(path)
        return digests(route, progress=progress)
    _refuse_other_columns(path)
    found = digests(route, progress=progress)
    refuse_different(expected, found)
    return found


def brought_up(route: tenancy.Route) -> tenancy.Route:
    """The copy as it is after `bring_up`: of this release."""
    return dataclasses.replace(route, schema="")


def _refuse_broken(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file:
        try:
            said = file.execute("PRAGMA integrity_check").fetchone()[0]
            lost = file.execute("PRAGMA foreign_key_check").fetchone()
        except sqlite3.DatabaseError as wrong:
            raise OtherSchema(f"the data are no database: {wrong}") from wrong
    if said != "ok" or lost:
        raise NotEqual(f"{said}; rows without what they point to: {lost or 'none'}")


def _refuse_other_counts(path: Path, expected: dict[str, rows.Digest]) -> None:
    with closing(sqlite3.connect(path)) as file:
        found = _counts(file, expected)
    refuse_different({name: rows.Digest(digest.count) for name, digest in expected.items()}, found)


def migrations_here() -> dict[str, list[str]]:
    """App to names of its migrations, as this release has them."""
    found: dict[str, list[str]] = {}
    for app, name in sorted(MigrationLoader(None).disk_migrations):
        found.setdefault(app, []).append(name)
    return found


def load(
    copy: tenancy.Route,
    target: tenancy.Route,
    *,
    expected: dict[str, rows.Digest],
    row_by_row: bool,
    progress: Progress = lambda: None,
) -> None:
    """Put the copy into a new namespace and compare. Raises NotEqual, NamespaceTaken, StoreUnavailable.

    `expected` is what the copy holds. A file onto files is copied whole, unless nobody vouches for it (`row_by_row`).
    """
    if target.engine == "sqlite" and not row_by_row:
        _load_file(copy, target)
    else:
        _load_rows(copy, target, progress)
    refuse_different(expected, digests(target, progress=progress))


def discard(target: tenancy.Route) -> None:
    """What `load` made or was making; nothing if there is nothing."""
    if target.engine == "sqlite":
        _forget_draft(sqlite_engine.path_of(target))
    namespaces.remove(target)


def applied(path: Path) -> dict[str, list[str]]:
    """App to names of the migrations that a file has had."""
    found: dict[str, list[str]] = {}
    with closing(sqlite3.connect(path)) as file:
        for app, name in file.execute("SELECT app, name FROM django_migrations ORDER BY app, name"):
            found.setdefault(app, []).append(name)
    return found


def _copy_file(route: tenancy.Route, target: tenancy.Route, progress: Progress) -> Copy:
    path = sqlite_engine.path_of(target)
    with tenancy.activate(route), snapshots.snapshot():
        given = sequences.last_given()
        source = connections[TENANT_ALIAS].connection
        counts = _counts(source, [model._meta.db_table for model in rows.tables_there()])
        with closing(sqlite3.connect(path)) as file:
            source.backup(file, pages=STEP_PAGES, progress=lambda *_: progress(), sleep=0)
    _leave_out_journal(path)
    tables = digests(target, progress=progress)
    refuse_different(counts, {name: rows.Digest(digest.count) for name, digest in tables.items()})
    return Copy(target, tables, given)


def _counts(file: sqlite3.Connection, names: Iterable[str]) -> dict[str, rows.Digest]:
    return {
        name: rows.Digest(file.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0])  # noqa: S608  # nosec B608
        for name in names
    }


def _leave_out_journal(path: Path) -> None:
    """A centre that is being moved has triggers and notes of its own; they stay with it."""
    with closing(sqlite3.connect(path)) as file, file:
        names = file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            file.execute(f'DROP TRIGGER "{name}"')
        file.execute(f"DROP TABLE IF EXISTS {journal.TABLE}")
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy_rows(route: tenancy.Route, target: tenancy.Route, progress: Progress) -> Copy:
    _empty_like(route, target)
    wrapper = sqlite_engine.DatabaseWrapper(sqlite_engine.settings_for(target), alias="copy")
    wrapper.route = target
    wrapper.ensure_connection()
    wrapper.connection.execute("PRAGMA foreign_keys=OFF")
    wrapper.connection.execute("PRAGMA synchronous=OFF")
    tables = {}
    try:
        with tenancy.activate(route), snapshots.snapshot():
            given = sequences.last_given()
            for model in rows.tables_there():
                tables[model._meta.db_table] = _copy_table(model, wrapper, progress)
    finally:
        wrapper.close()
    with opened(target):
        sequences.raise_to(given)
    return Copy(target, tables, given)


def _copy_table(model: type[models.Model], wrapper: Any, progress: Progress) -> rows.Digest:
    """Written beside the seam: the snapshot's connection must stay bound, and nobody else knows the file."""
    fields = rows.fields(model)
    names = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join("?" * len(fields))
    insert = f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({marks})'  # noqa: S608  # nosec B608
    found = rows.Digest()
    for page in rows.pages(model):
        found = found.plus(page)
        plain = [
            tuple(field.get_db_prep_save(value, wrapper) for field, value in zip(fields, row, strict=True))
            for row in page
        ]
        wrapper.connection.execute("BEGIN")
        wrapper.connection.executemany(insert, plain)
        wrapper.connection.execute("COMMIT")
        progress()
    return found


def _empty_like(route: tenancy.Route, target: tenancy.Route) -> None:
    """A file with the tables that the centre has: those of an earlier release, if it is of one."""
    if not known.missing_from(applied := known.applied_in(route)):
        return empty(target)
    path = sqlite_engine.path_of(target)
    sqlite_places.migrate(path, [(app, names[-1]) for app, names in applied.items()])
    sqlite_places.mark(path, target)
    _without_rows(target)


def empty(route: tenancy.Route) -> None:
    """A new namespace without the rows that a template may bring, ready for rows in any order."""
    namespaces.create(route, loose=True)
    _without_rows(route)


def _without_rows(route: tenancy.Route) -> None:
    with tenancy.activate(route), tenancy.atomic():
        for model in reversed(rows.tables()):
            model._base_manager.all()._raw_delete(TENANT_ALIAS)


def _load_file(copy: tenancy.Route, target: tenancy.Route) -> None:
    path = sqlite_engine.path_of(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        raise namespaces.NamespaceTaken(target.namespace)
    draft = _draft_of(path)
    try:
        shutil.copyfile(sqlite_engine.path_of(copy), draft)
        with closing(sqlite3.connect(draft)) as file, file:
            file.execute(
                "UPDATE tenancy_namespaceepoch SET tenant_id = ?, epoch = ?", (target.tenant_id, target.epoch)
            )
        with closing(sqlite3.connect(draft)) as file:
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        draft.rename(path)
    finally:
        _forget_draft(path)


def _draft_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.draft")


def _forget_draft(path: Path) -> None:
    draft = _draft_of(path)
    for suffix in ("", "-wal", "-shm"):
        draft.with_name(draft.name + suffix).unlink(missing_ok=True)


def _load_rows(copy: tenancy.Route, target: tenancy.Route, progress: Progress) -> None:
    empty(target)
    with opened(copy):
        given = sequences.last_given()
    for model in rows.tables():
        after = None
        while page := _page(copy, model, after):
            with tenancy.activate(target), namespaces.loosely(target):
                rows.write(model, page)
            after = page[-1][rows.columns(model).index(rows.key_of(model))]
            progress()
        if model._meta.db_table in given:
            given[model._meta.db_table] = max(given[model._meta.db_table], after or 0)
    with tenancy.activate(target):
        namespaces.tighten(target)
        sequences.raise_to(given)


def _page(copy: tenancy.Route, model: type[models.Model], after: object) -> list[rows.Row]:
    with tenancy.activate(copy):
        return rows.page(model, after=after)


def _refuse_other_columns(path: Path) -> None:
    """What the code will read is there; whatever made the file."""
    with closing(sqlite3.connect(path)) as file:
        for model in (*rows.tables(), NamespaceEpoch):
            table = model._meta.db_table
            found = {row[1] for row in file.execute(f'PRAGMA table_info("{table}")')}
            if missing := {field.column for field in model._meta.concrete_fields} - found:
                raise OtherSchema(f"{table} has no {', '.join(sorted(missing))}")
