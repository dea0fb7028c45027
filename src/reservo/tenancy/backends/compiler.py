"""SQL compilers that know which centre a query was made for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import transaction
from django.db.models.sql import compiler

from reservo.tenancy import context


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

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        """Parts of a query (subqueries, unions) pass here too, each with its own stamp."""
        _check(self.query)
        return super().as_sql(*args, **kwargs)  # type: ignore[misc]

    def execute_sql(self, *args: Any, **kwargs: Any) -> Any:
        _check(self.query)
        return super().execute_sql(*args, **kwargs)  # type: ignore[misc]


class Writing(Stamped):
    """A write outside a transaction gets one, so that the epoch is held for it too."""

    def execute_sql(self, *args: Any, **kwargs: Any) -> Any:
        for row in getattr(self.query, "objs", ()):
            stamp = getattr(row._state, "made_for", None)
            if stamp is not None and stamp != context.plane_key():
                raise context.WrongTenant(f"a row of centre {stamp} was written in {context.plane_key()}")
        if self.connection.in_atomic_block:
            return super().execute_sql(*args, **kwargs)
        with transaction.atomic(using=self.connection.alias):
            return super().execute_sql(*args, **kwargs)


class SQLCompiler(Stamped, compiler.SQLCompiler):
    def results_iter(  # type: ignore[override]
        self, results: Any = None, tuple_expected: bool = False, chunked_fetch: bool = False, **rest: Any
    ) -> Iterator[Any]:
        rows = super().results_iter(results, tuple_expected, chunked_fetch, **rest)
        at_once = isinstance(results, list) or (results is None and not chunked_fetch)
        return rows if at_once else _watched(rows)


class SQLInsertCompiler(Writing, compiler.SQLInsertCompiler):
    pass


class SQLDeleteCompiler(Writing, compiler.SQLDeleteCompiler):
    pass


class SQLUpdateCompiler(Writing, compiler.SQLUpdateCompiler):
    pass


class SQLAggregateCompiler(Stamped, compiler.SQLAggregateCompiler):
    pass
