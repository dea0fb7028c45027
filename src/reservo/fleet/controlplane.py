"""The control plane's rows as a whole: copied from one database to another, whatever their engines, and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connections, models
from django.db.utils import load_backend

from reservo import tenancy
from reservo.fleet import copies, rows, sequences, snapshots
from reservo.fleet.rows import Digest
from reservo.tenancy.backends.control import places
from reservo.tenancy.context import CONTROL_ALIAS

LONGEST_SECONDS = 3_600.0  # for one statement of a copy, or the lock that it waits for
SETUP = "setup"
Progress = Callable[[], None]


class NotEmpty(RuntimeError):
    """The database holds an installation already."""


class SamePlace(ValueError):
    """From a database to itself."""


def bring_up() -> None:
    """The schema of the control database, up to this release. Of several nodes that start at once one does it."""
    database = connections[CONTROL_ALIAS]
    database.make()
    with database.patiently(LONGEST_SECONDS), database.alone(SETUP):
        call_command("migrate", database=CONTROL_ALIAS, verbosity=0, interactive=False)


def left_behind(file: Path) -> Path:
    """What the file of a control plane is called after it was copied elsewhere: nobody goes on with it by mistake."""
    return file.with_name(file.name + ".copied")


def is_empty() -> bool:
    """No schema yet, or one without a row."""
    there = set(connections[CONTROL_ALIAS].introspection.table_names())
    with tenancy.control():
        return not any(
            model._base_manager.exists()
            for model in rows.tables_of_control()
            if model._meta.db_table in there
        )


def copy(target: dict[str, Any], *, progress: Progress = lambda: None) -> dict[str, Digest]:
    """All rows as they are at one moment, into a database that is empty; compared there, in one transaction.

    Raises SamePlace, NotEmpty, NotEqual.
    """
    source = connections[CONTROL_ALIAS]
    if places.told(target) == places.told(source.settings_dict):
        raise SamePlace(places.told(target))
    with opened(target):
        bring_up()
        if not is_empty():
            raise NotEmpty(places.told(target))
    with tenancy.control(), snapshots.snapshot():
        given = sequences.last_given()
        with opened(target) as there, there.patiently(LONGEST_SECONDS):
            with tenancy.atomic():
                tables = {
                    model._meta.db_table: _copy_table(model, source, progress)
                    for model in rows.tables_of_control()
                }
                copies.refuse_different(tables, rows.digests())
            sequences.raise_to(given)
    return tables


def _copy_table(model: type[models.Model], source: Any, progress: Progress) -> Digest:
    found = Digest()
    for page in _pages(model, source):
        rows.write(model, page)
        found = found.plus(page)
        progress()
    return found


def _pages(model: type[models.Model], source: Any) -> Iterator[list[rows.Row]]:
    position, after = rows.columns(model).index(rows.key_of(model)), None
    while True:
        with _standing_in(source):
            page = rows.page(model, after=after)
        if not page:
            return
        yield page
        after = page[-1][position]


@contextmanager
def opened(database: dict[str, Any]) -> Iterator[Any]:
    """For this thread this is the control database, until the end."""
    settled = connections.configure_settings({CONTROL_ALIAS: dict(database)})[CONTROL_ALIAS]
    wrapper = load_backend(settled["ENGINE"]).DatabaseWrapper(settled, alias=CONTROL_ALIAS)
    try:
        with _standing_in(wrapper):
            yield wrapper
    finally:
        wrapper.close()


@contextmanager
def _standing_in(wrapper: Any) -> Iterator[None]:
    before = connections[CONTROL_ALIAS]
    connections[CONTROL_ALIAS] = wrapper
    try:
        yield
    finally:
        connections[CONTROL_ALIAS] = before
