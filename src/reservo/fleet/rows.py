"""All rows of one centre as plain values, in order of dependency, with a sum that every engine agrees on.

Moves, backups, exports and comparisons read and write through this page. Everything here speaks of the active plane:
a centre, or inside `tenancy.control()` the control plane.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from django.apps import apps
from django.db import connections, models, router
from django.db.models.constants import OnConflict

from reservo import tenancy
from reservo.tenancy import absences
from reservo.tenancy.models import NamespaceEpoch
from reservo.tenancy.planes import plane_of

ROWS_AT_ONCE = 2_000
SUM_BITS = 128
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """How many rows a table has, and the sum of their hashes: the same in any order and on any engine."""

    count: int = 0
    total: int = 0

    def plus(self, rows: Sequence[Row]) -> Digest:
        return Digest(self.count + len(rows), (self.total + sum(map(hash_of, rows))) % (1 << SUM_BITS))

    def minus(self, rows: Sequence[Row]) -> Digest:
        return Digest(self.count - len(rows), (self.total - sum(map(hash_of, rows))) % (1 << SUM_BITS))

    def as_json(self) -> list[int | str]:
        return [self.count, str(self.total)]

    @classmethod
    def from_json(cls, pair: list[Any]) -> Digest:
        return cls(int(pair[0]), int(pair[1]))


def tables() -> tuple[type[models.Model], ...]:
    """Every table of a centre but its epoch, those that others point to first."""
    return _tables("tenant")


def tables_of_control() -> tuple[type[models.Model], ...]:
    """Every table of the control plane, those that others point to first."""
    return _tables("control")


@lru_cache(maxsize=2)
def _tables(plane: str) -> tuple[type[models.Model], ...]:
    waiting = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("reservo.")
        and plane_of(model) in (plane, "both")
        and model is not NamespaceEpoch
        and not model._meta.proxy
    ]
    ordered: list[type[models.Model]] = []
    while waiting:
        ready = [model for model in waiting if not _needs(model) & (set(waiting) - {model})]
        ordered += ready or waiting
        waiting = [model for model in waiting if model not in ordered]
    return tuple(ordered)


def _needs(model: type[models.Model]) -> set[type[models.Model]]:
    return {field.related_model for field in model._meta.concrete_fields if field.is_relation}


def tables_there() -> list[type[models.Model]]:
    """Those that the active plane has; all of them unless it is a centre of an earlier release."""
    absent = absences.of(tenancy.current()) if tenancy.is_active() else absences.NOTHING
    return [model for model in active_tables() if model._meta.db_table not in absent.tables]


def fields(model: type[models.Model]) -> list[models.Field]:
    """Whose columns the active centre has; all of them unless it is of an earlier release."""
    absent = absences.of(tenancy.current()) if tenancy.is_active() else absences.NOTHING
    return [field for field in model._meta.concrete_fields if not absent.has_field(field)]


def columns(model: type[models.Model]) -> list[str]:
    return [field.attname for field in fields(model)]


def key_of(model: type[models.Model]) -> str:
    return model._meta.pk.attname


def page(model: type[models.Model], *, after: Any = None) -> list[Row]:
    """The next rows by key, from the one after `after`; none at the end."""
    key = key_of(model)
    asked = model._base_manager.order_by(key)
    if after is not None:
        asked = asked.filter(**{f"{key}__gt": after})
    return list(asked.values_list(*columns(model))[:ROWS_AT_ONCE])


def pages(model: type[models.Model]) -> Iterator[list[Row]]:
    """All rows by key, a page at a time; each page is a query of its own."""
    position = columns(model).index(key_of(model))
    after = None
    while found := page(model, after=after):
        yield found
        if len(found) < ROWS_AT_ONCE:
            return
        after = found[-1][position]


def with_keys(model: type[models.Model], keys: Sequence[Any]) -> list[Row]:
    """Those that there are."""
    found: list[Row] = []
    for start in range(0, len(keys), 500):
        part = keys[start : start + 500]
        found += model._base_manager.filter(pk__in=part).values_list(*columns(model))
    return found


def write(model: type[models.Model], rows: Sequence[Row], *, again: bool = False) -> None:
    """Insert rows with their keys, as they are: nothing is computed, announced or checked.

    `again`: those that are there already (a page that was written before a crash) stay as they are.
    """
    connection, there = connections[router.db_for_write(model)], fields(model)
    values = [
        [field.get_db_prep_save(value, connection) for field, value in zip(there, row, strict=True)]
        for row in rows
    ]
    statement = _insert(model, there, connection.ops, OnConflict.IGNORE if again else None)
    with tenancy.atomic(), connection.cursor() as cursor:
        cursor.executemany(statement, values)


def _insert(
    model: type[models.Model], there: list[models.Field], ops: Any, on_conflict: OnConflict | None
) -> str:
    opening = ops.insert_statement(on_conflict=on_conflict)
    closing = ops.on_conflict_suffix_sql(there, on_conflict, [], [])
    names = ", ".join(ops.quote_name(field.column) for field in there)
    table, places = ops.quote_name(model._meta.db_table), ", ".join(["%s"] * len(there))
    return f"{opening} {table} ({names}) VALUES ({places}) {closing}".rstrip()


def replace(model: type[models.Model], keys: Sequence[Any], rows: Sequence[Row]) -> None:
    """Make the rows of these keys be exactly `rows`: those that are gone go."""
    with tenancy.atomic():
        for start in range(0, len(keys), 500):
            model._base_manager.filter(pk__in=keys[start : start + 500])._raw_delete(model._base_manager.db)
        write(model, rows)


def digest(model: type[models.Model]) -> Digest:
    found = Digest()
    for page in pages(model):
        found = found.plus(page)
    return found


def digests() -> dict[str, Digest]:
    return {model._meta.db_table: digest(model) for model in tables_there()}


def active_tables() -> tuple[type[models.Model], ...]:
    return tables_of_control() if tenancy.in_control() else tables()


def hash_of(row: Row) -> int:
    raw = orjson.dumps([plain(value) for value in row], option=orjson.OPT_SORT_KEYS)
    return int.from_bytes(hashlib.blake2b(raw, digest_size=SUM_BITS // 8).digest(), "big")


def plain(value: Any) -> Any:
    """The value as JSON knows it; the same whichever engine it was read from."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value
