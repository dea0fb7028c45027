"""What the active centre does not have yet: columns and tables of this release, until its namespace is migrated.

A release works with the schema before it. While a centre is behind, a column that is not there reads as what the
migration will put into it (its database default, else NULL), and a table as an empty one; both are left out of writes.
A write that would need them is refused: nothing that somebody typed is dropped.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connections, models
from django.db.models.expressions import DatabaseDefault, Expression, Value
from django.db.models.functions import Cast

from reservo.tenancy import namespaces
from reservo.tenancy.context import TENANT_ALIAS, Route
from reservo.tenancy.planes import plane_of
from reservo.tenancy.servers import StoreUnavailable

MOST_KEPT = 20_000
_COLUMNS = {
    "sqlite": "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'",
    "postgresql": "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
    " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'"
    " AND a.attnum > 0 AND NOT a.attisdropped",
    "mariadb": "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE()",
}


class NotThereYet(StoreUnavailable):
    """The centre's tables cannot take this before they are migrated; soon they can."""


@dataclass(frozen=True, slots=True)
class Absent:
    """`columns`: (table, column)."""

    tables: frozenset[str] = frozenset()
    columns: frozenset[tuple[str, str]] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.tables or self.columns)

    def has_field(self, field: models.Field) -> bool:
        """Whether this one is absent, though its table is there."""
        return (field.model._meta.db_table, field.column) in self.columns


NOTHING = Absent()
_kept: dict[tuple[int, str, str], Absent] = {}


def of(route: Route) -> Absent:
    """What the centre of this route lacks; read from its namespace, which is the active one, once in each process."""
    if not route.schema or route.schema == namespaces.tenant_schema():
        return NOTHING
    key = (route.tenant_id, route.namespace, route.schema)
    if key not in _kept:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = _look(route.engine)
    return _kept[key]


def forget() -> None:
    _kept.clear()


def _look(engine: str) -> Absent:
    there: dict[str, set[str]] = defaultdict(set)
    with connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute(_COLUMNS[engine])
        for table, column in cursor.fetchall():
            there[str(table)].add(str(column))
    expected = [model._meta for model in apps.get_models(include_auto_created=True) if _is_of_centres(model)]
    return Absent(
        frozenset(known.db_table for known in expected if known.db_table not in there),
        frozenset(
            (known.db_table, str(field.column))
            for known in expected
            if known.db_table in there
            for field in known.concrete_fields
            if str(field.column) not in there[known.db_table]
        ),
    )


def _is_of_centres(model: type[models.Model]) -> bool:
    return (
        model.__module__.startswith("reservo.")
        and model._meta.managed
        and not model._meta.proxy
        and plane_of(model) != "control"
    )


def stand_in(field: models.Field) -> Expression:
    """What reads as a column that is not there; a type of its own, so that it may also be sorted by."""
    return Cast(_default(field), output_field=field)


def is_default(field: models.Field, value: Any) -> bool:
    """Whether leaving this value out of a write loses nothing."""
    if isinstance(value, DatabaseDefault):
        return True
    if hasattr(value, "resolve_expression"):
        return bool(value == _default(field))
    return bool(field.to_python(value) == plain_default(field))


def plain_default(field: models.Field) -> Any:
    """As a row has it; None if only the database could compute it."""
    return getattr(_default(field), "value", None)


def _default(field: models.Field) -> Any:
    if not field.has_db_default():
        return Value(None, output_field=field)
    expression = field.db_default
    return expression if hasattr(expression, "resolve_expression") else Value(expression, output_field=field)
