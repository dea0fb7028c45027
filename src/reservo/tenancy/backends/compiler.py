"""SQL compilers that know which centre a query was made for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import models, transaction
from django.db.models.expressions import Col
from django.db.models.sql import compiler

from reservo.tenancy import absences, context


def _check(query: Any) -> None:
    stamp = getattr(query, "made_for", None)
    if stamp is not None and stamp != context.plane_key():
        raise context.WrongTenant(f"a query made for centre {stamp} ran in centre {context.plane_key()}")


def _watched(rows: Iterable[Any]) -> Iterator[Any]:
    """Rows that are fetched while they are used, as `iterator()` does: none after another centre is active."""
    began = context.plane_key_or_none()
    for row in rows:
        if context.plane_key_or_none() != began:
            raise context.WrongTenant(f"rows read in centre {began} were used in another")
        yield row


class Stamped:
    query: Any
    connection: Any
    absent = absences.NOTHING

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        """Parts of a query (subqueries, unions) pass here too, each with its own stamp."""
        _check(self.query)
        self.absent = _absent_from(self.connection)
        if self.absent:
            self._refuse_what_is_absent()
        return super().as_sql(*args, **kwargs)  # type: ignore[misc]

    def compile(self, node: Any) -> Any:
        if self.absent and isinstance(node, Col) and self.absent.has_field(node.target):
            node = absences.stand_in(node.target).resolve_expression(self.query)
        return super().compile(node)  # type: ignore[misc]

    def _refuse_what_is_absent(self) -> None:
        """A table that is not there yet has no rows."""
        if self.query.model._meta.db_table in self.absent.tables:
            raise EmptyResultSet

    def execute_sql(self, *args: Any, **kwargs: Any) -> Any:
        _check(self.query)
        return super().execute_sql(*args, **kwargs)  # type: ignore[misc]


def _absent_from(connection: Any) -> absences.Absent:
    route = getattr(connection, "route", None)
    return absences.of(route) if route is not None else absences.NOTHING


class Writing(Stamped):
    """A write outside a transaction gets one, so that the epoch is held for it too."""

    def execute_sql(self, *args: Any, **kwargs: Any) -> Any:
        for row in getattr(self.query, "objs", ()):
            stamp = getattr(row._state, "made_for", None)
            if stamp is not None and stamp != context.plane_key():
                raise context.WrongTenant(f"a row of centre {stamp} was written in {context.plane_key()}")
        if self.connection.in_atomic_block or not self.connection.needs_transaction:
            return super().execute_sql(*args, **kwargs)
        with transaction.atomic(using=self.connection.alias):
            return super().execute_sql(*args, **kwargs)


class Reading(Stamped):
    def results_iter(
        self, results: Any = None, tuple_expected: bool = False, chunked_fetch: bool = False, **rest: Any
    ) -> Iterator[Any]:
        rows = super().results_iter(results, tuple_expected, chunked_fetch, **rest)  # type: ignore[misc]
        at_once = isinstance(results, list) or (results is None and not chunked_fetch)
        return rows if at_once else _watched(rows)


class SQLCompiler(Reading, compiler.SQLCompiler):  # type: ignore[misc]
    pass


class Inserting(Writing):
    def execute_sql(self, *args: Any, **kwargs: Any) -> Any:
        """What the database would say of a column that it has not got is said here."""
        asked = kwargs.pop("returning_fields", None) or next(iter(args), None) or ()
        absent = _absent_from(self.connection)
        if not any(absent.has_field(field) for field in asked):
            return super().execute_sql(asked or None)
        present = [field for field in asked if not absent.has_field(field)]
        rows = super().execute_sql(present) or [()] * len(self.query.objs)
        return [_filled_up(asked, dict(zip(present, row, strict=True))) for row in rows]

    def _refuse_what_is_absent(self) -> None:
        if self.query.model._meta.db_table in self.absent.tables:
            raise absences.NotThereYet(self.query.model._meta.db_table)
        kept = []
        for field in self.query.fields:
            if not self.absent.has_field(field):
                kept.append(field)
            elif not all(absences.is_default(field, _value_of(field, row)) for row in self.query.objs):
                raise absences.NotThereYet(str(field))
        self.query.fields = kept


class Updating(Writing):
    def _refuse_what_is_absent(self) -> None:
        super()._refuse_what_is_absent()
        for field, _, value in self.query.values:
            if self.absent.has_field(field) and not absences.is_default(field, value):
                raise absences.NotThereYet(str(field))
        self.query.values = [one for one in self.query.values if not self.absent.has_field(one[0])]


def _filled_up(fields: Any, values: dict[models.Field, Any]) -> tuple[Any, ...]:
    return tuple(values[field] if field in values else absences.plain_default(field) for field in fields)


def _value_of(field: models.Field, row: Any) -> Any:
    return getattr(row, field.attname) if isinstance(row, models.Model) else row


class SQLInsertCompiler(Inserting, compiler.SQLInsertCompiler):
    pass


class SQLDeleteCompiler(Writing, compiler.SQLDeleteCompiler):
    pass


class SQLUpdateCompiler(Updating, compiler.SQLUpdateCompiler):
    pass


class SQLAggregateCompiler(Stamped, compiler.SQLAggregateCompiler):
    pass
