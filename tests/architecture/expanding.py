"""A migration that the release before could not work with is refused; docs/operations/migrations.md says how else.

Rules over operations, the same for every engine. An app's first migration, and tables that the same migration makes,
are free: nothing of the release before knows them. A migration that takes something away says so in a line of its own,

    contract = "0.4: nothing reads or writes Patient.nickname"

with the release since which that holds; it has to be an earlier one than the one in the making.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

CONTRACT = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?: \w.{10,}")
WIDER = {
    ("SmallIntegerField", "IntegerField"),
    ("SmallIntegerField", "BigIntegerField"),
    ("IntegerField", "BigIntegerField"),
    ("PositiveSmallIntegerField", "PositiveIntegerField"),
    ("PositiveSmallIntegerField", "PositiveBigIntegerField"),
    ("PositiveIntegerField", "PositiveBigIntegerField"),
    ("SlugField", "CharField"),
    ("CharField", "TextField"),
    ("SlugField", "TextField"),
}
HARMLESS = (
    operations.CreateModel,
    operations.AddIndex,
    operations.RemoveIndex,
    operations.RenameIndex,
    operations.RemoveConstraint,
    operations.AlterModelOptions,
    operations.AlterModelManagers,
    operations.AlterModelTableComment,
)
TAKES_AWAY = {
    operations.RemoveField: "the release before reads and writes this column",
    operations.DeleteModel: "the release before reads and writes this table",
    operations.RenameField: "the release before knows the column by its old name",
    operations.RenameModel: "the release before knows the table by its old name",
    operations.AlterModelTable: "the release before knows the table by its old name",
    operations.AlterOrderWithRespectTo: "the release before inserts rows without this column",
    operations.RunSQL: "nobody can tell what it does to the release before",
}


def complaints(migration: Migration, before: ProjectState, *, release: str) -> list[str]:
    """What is wrong with it; `before`: the models as they were."""
    if migration.initial or (migration.initial is None and not migration.dependencies):
        return []
    contract = getattr(migration, "contract", None)
    if contract is not None:
        return [*_bad_contract(contract, release)]
    found, made, state = [], set(), before.clone()
    for operation in migration.operations:
        if isinstance(operation, operations.CreateModel):
            made.add(operation.name_lower)
        if _model_of(operation) not in made:
            found += [
                f"{operation.describe()}: {said}" for said in _said_of(operation, state, migration.app_label)
            ]
        operation.state_forwards(migration.app_label, state)
    return found


def _bad_contract(contract: str, release: str) -> Iterator[str]:
    said = CONTRACT.fullmatch(contract)
    if said is None:
        yield f"contract = {contract!r}: say `<release>: what nothing uses since`"
    elif tuple(int(part or 0) for part in said.groups()) >= tuple(map(int, release.split("."))):
        yield f"contract = {contract!r}: {release} is in the making; the release before it has to be free of it too"


def _model_of(operation: Operation) -> str:
    return str(getattr(operation, "model_name", getattr(operation, "name", ""))).lower()


def _said_of(operation: Operation, state: ProjectState, app: str) -> Iterator[str]:
    if isinstance(operation, operations.SeparateDatabaseAndState):
        for inner in operation.database_operations:
            yield from _said_of(inner, state, app)
        for inner in operation.state_operations:
            yield from _said_of_state(inner, state, app)
    elif isinstance(operation, operations.AddField):
        yield from _added(operation.field)
    elif isinstance(operation, operations.AlterField):
        yield from _altered(_field(state, app, operation), operation.field)
    elif isinstance(operation, operations.AddConstraint):
        yield "what the release before writes, and rows that are there, may break it"
    elif isinstance(operation, operations.AlterUniqueTogether | operations.AlterIndexTogether):
        yield "use a UniqueConstraint in a table of its own, or a contract"
    elif isinstance(operation, operations.RunPython):
        if operation.reverse_code is None:
            yield "it cannot be taken back: give it a reverse (RunPython.noop, if leaving it is harmless)"
    elif type(operation) in TAKES_AWAY:
        yield TAKES_AWAY[type(operation)]
    elif not isinstance(operation, HARMLESS):
        yield "tests/architecture/expanding.py does not know this operation"


def _said_of_state(operation: Operation, state: ProjectState, app: str) -> Iterator[str]:
    """The code forgets a column that stays: what it inserts has to be complete without it."""
    if isinstance(operation, operations.RemoveField):
        field = _field(state, app, operation)
        if not field.many_to_many and not field.null and not field.has_db_default():
            yield "the column stays, NOT NULL without a database default: this release cannot insert rows"


def _field(state: ProjectState, app: str, operation: Operation) -> models.Field:
    return state.models[app, operation.model_name_lower].fields[operation.name]


def _added(field: models.Field) -> Iterator[str]:
    if field.many_to_many:
        return
    if not field.null and not field.has_db_default():
        yield "NOT NULL without db_default: the release before inserts rows without it"
    if field.unique and not field.null:
        yield "unique, and the rows that are there all get the same value"


def _altered(old: models.Field, new: models.Field) -> Iterator[str]:
    kinds = (old.get_internal_type(), new.get_internal_type())
    if kinds[0] != kinds[1] and kinds not in WIDER:
        yield f"from {kinds[0]} to {kinds[1]}: the release before may write or expect another kind"
    if old.null and not new.null:
        yield "NOT NULL: the release before may write NULL"
    if new.unique and not old.unique:
        yield "unique: the release before may write the same value twice"
    if new.max_length is not None and (old.max_length or 10**9) > new.max_length:
        yield "shorter: the release before may write longer values"
    if old.has_db_default() and not new.has_db_default() and not new.null:
        yield "without its db_default: the release before may insert rows without it"
    if old.db_column != new.db_column:
        yield "the release before knows the column by its old name"
    if old.is_relation and old.remote_field.model != new.remote_field.model:
        yield "it points elsewhere"
