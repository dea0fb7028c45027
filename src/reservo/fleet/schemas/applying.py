"""Bringing one namespace up to this release. Done again after a kill, it goes on where it was.

Where DDL can be taken back (SQLite, PostgreSQL) a migration and the note that it was done are one transaction, under
the centre's own lock and epoch. Where it cannot (MariaDB), and for migrations that say `atomic = False`, the ledger
says before each operation which one begins; after a kill that one is done again, and what it finds done already
("duplicate column") is passed over. A step in Python that is not atomic may therefore run twice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from django.db import DatabaseError, connections
from django.db.migrations.recorder import MigrationRecorder

from reservo import tenancy
from reservo.fleet.schemas import steps
from reservo.fleet.schemas.steps import Act, Step
from reservo.tenancy import connections as tenant_connections
from reservo.tenancy import namespaces, replicas
from reservo.tenancy.backends.guard import StaleEpoch
from reservo.tenancy.context import TENANT_ALIAS
from reservo.tenancy.servers import StoreUnavailable

_DONE_ALREADY = {
    1022,  # MariaDB: duplicate key
    1050,  # table exists
    1060,  # duplicate column
    1061,  # duplicate key name
    1091,  # cannot drop: it is not there
    1826,  # duplicate name of a constraint
    "42701",  # PostgreSQL: duplicate column
    "42710",  # duplicate object
    "42P07",  # duplicate table or index
    "42703",  # no such column
    "42704",  # no such object
}
_SAME_RELATION = "(errno: 121 "  # what MariaDB says of a foreign key whose name is there


class Ledger:
    """Where it is noted which operation begins; this one forgets."""

    def begun(self) -> str:
        return ""

    def note(self, step: str) -> None:
        """`app.name:number` of what begins now, or nothing."""


def bring_up(
    route: tenancy.Route,
    ledger: Ledger | None = None,
    *,
    progress: Callable[[], None] = lambda: None,
) -> list[str]:
    """Names of the migrations that it had now; none if it had them all.

    Raises StaleEpoch, StoreUnavailable, DatabaseError (also if others held a lock for too long: done again it goes on),
    and whatever a migration's own code raises; then what was done before stays done.
    """
    route = dataclasses.replace(route, schema="")
    done = []
    with (
        tenancy.activate(route),
        _telling_a_lost_store(),
        namespaces.giving_way(route),
        _changing_schema() as connection,
    ):
        for step in steps.ahead_of(connection):
            if step.migration.atomic and connection.features.can_rollback_ddl:
                _apply_whole(connection, step)
            else:
                _apply_by_acts(connection, step, ledger or Ledger())
            done.append(step.name)
            progress()
        if done:
            replicas.let_catch_up(route)
    return done


def is_up_to_date(route: tenancy.Route) -> bool:
    with tenancy.activate(dataclasses.replace(route, schema="")):
        return not steps.ahead_of(connections[TENANT_ALIAS])


@contextmanager
def _telling_a_lost_store() -> Iterator[None]:
    try:
        yield
    except DatabaseError as broken:
        if tenant_connections.has_lost_its_store(broken):
            raise StoreUnavailable(str(broken)) from broken
        raise


@contextmanager
def _changing_schema() -> Iterator[Any]:
    connection: Any = connections[TENANT_ALIAS]
    connection.changes_schema = not connection.features.can_rollback_ddl
    try:
        yield connection
    finally:
        connection.changes_schema = False


def _apply_whole(connection: Any, step: Step) -> None:
    with connection.schema_editor(atomic=True) as editor:
        if _is_recorded(connection, step):
            return
        for act in step.acts:
            _perform(editor, step, act)
        _record(connection, step)


def _apply_by_acts(connection: Any, step: Step, ledger: Ledger) -> None:
    with _alone(connection), _freely(connection):
        if _is_recorded(connection, step):
            return ledger.note("")
        begun = ledger.begun()
        for number, act in enumerate(step.acts):
            name = f"{step.name}:{number}"
            if begun and begun.startswith(f"{step.name}:") and number < int(begun.rpartition(":")[2]):
                continue
            ledger.note(name)
            with _passing_over_what_is_done(connection) if begun == name else nullcontext():
                _refuse_other_epoch(connection)
                with connection.schema_editor(atomic=False) as editor:
                    _perform(editor, step, act)
        _record(connection, step)
        ledger.note("")


def _perform(editor: Any, step: Step, act: Act) -> None:
    """The statements that the editor puts off come at once: nothing of this operation is left for later."""
    operation, label = act.operation, step.migration.app_label
    is_atomic = operation.atomic or (step.migration.atomic and operation.atomic is not False)
    together = is_atomic and not editor.atomic_migration
    with tenancy.atomic() if together else nullcontext():
        operation.database_forwards(label, editor, act.before, act.after)
    while editor.deferred_sql:
        editor.execute(editor.deferred_sql.pop(0), None)


def _is_recorded(connection: Any, step: Step) -> bool:
    """Asked again under the lock: another process may have been here."""
    return (step.migration.app_label, step.migration.name) in steps.applied_to(connection)


def _record(connection: Any, step: Step) -> None:
    recorder = MigrationRecorder(connection)
    for app, name in step.migration.replaces or [(step.migration.app_label, step.migration.name)]:
        recorder.record_applied(app, name)


@contextmanager
def _freely(connection: Any) -> Iterator[None]:
    """Statements outside a transaction, which the guard refuses to everybody else."""
    before, connection.changes_schema = connection.changes_schema, True
    try:
        yield
    finally:
        connection.changes_schema = before


@contextmanager
def _alone(connection: Any) -> Iterator[None]:
    """Another process that migrates the same centre waits, or gives way."""
    if connection.vendor != "mysql":
        yield
        return
    name = f"reservo-migrate-{connection.route.tenant_id}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK(%s, %s)", [name, namespaces.GIVES_WAY_SECONDS])
        if cursor.fetchone() != (1,):
            raise BusyElsewhere(connection.route.slug)
    try:
        yield
    finally:
        if connection.connection is not None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT RELEASE_LOCK(%s)", [name])


class BusyElsewhere(DatabaseError):
    """Another process is migrating this centre."""


def _refuse_other_epoch(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id, epoch FROM tenancy_namespaceepoch")
        found = list(cursor.fetchall())
    if found != [(connection.route.tenant_id, connection.route.epoch)]:
        raise StaleEpoch(f"{connection.route.slug}: expected epoch {connection.route.epoch}, found {found}")


@contextmanager
def _passing_over_what_is_done(connection: Any) -> Iterator[None]:
    def pass_over(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        try:
            return execute(sql, params, many, context)
        except DatabaseError as refused:
            if _code_of(refused) not in _DONE_ALREADY and _SAME_RELATION not in str(refused):
                raise

    with connection.execute_wrapper(pass_over):
        yield


def _code_of(error: DatabaseError) -> object:
    """MariaDB's number, or PostgreSQL's letters."""
    number = error.args[0] if error.args else None
    return number if isinstance(number, int) else getattr(error.__cause__, "sqlstate", None)
