"""The sums of `rows.digest`, read from a SQLite file without the ORM: the same numbers, many times faster."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
from django.db import models

from reservo.fleet.rows import ROWS_AT_ONCE, SUM_BITS, Digest

Convert = Callable[[Any], Any]


class UnknownKind(LookupError):
    """A field of a kind whose stored form is not known here; `rows.digest` reads it."""


def digest(file: sqlite3.Connection, table: str, fields: list[models.Field]) -> Digest:
    """Raises UnknownKind."""
    found = [(number, _kind(field)[1]) for number, field in enumerate(fields)]
    converters = [(number, convert) for number, convert in found if convert is not _as_it_is]
    names = ", ".join(f'"{field.column}"' for field in fields)
    cursor = file.execute(f'SELECT {names} FROM "{table}"')  # noqa: S608  # nosec B608: our own names
    count = total = 0
    while page := cursor.fetchmany(ROWS_AT_ONCE):
        count += len(page)
        total += sum(_hash(list(row), converters) for row in page)
    return Digest(count, total % (1 << SUM_BITS))


def _hash(row: list[Any], converters: list[tuple[int, Convert]]) -> int:
    for number, convert in converters:
        if (value := row[number]) is not None:
            row[number] = convert(value)
    raw = orjson.dumps(row, option=orjson.OPT_SORT_KEYS)
    return int.from_bytes(hashlib.blake2b(raw, digest_size=SUM_BITS // 8).digest(), "big")


def columns_of(fields: list[models.Field]) -> list[list[str]]:
    """Name and kind of each value of a row, in the order in which it is hashed. Raises UnknownKind."""
    return [[field.column, _kind(field)[0]] for field in fields]


def _kind(field: models.Field) -> tuple[str, Convert]:
    if isinstance(field, models.ForeignKey):
        return _kind(field.target_field)
    try:
        return _KINDS[field.get_internal_type()]
    except KeyError:
        raise UnknownKind(f"{field}: {field.get_internal_type()}") from None


def _as_it_is(value: Any) -> Any:
    return value


def _instant(text: str) -> str:
    """`2026-11-25 03:00:00`, with six more digits or none."""
    return f"{text[:10]}T{text[11:19]}.{text[20:]:0<6}Z"


def _document(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


_KINDS: dict[str, tuple[str, Convert]] = {
    **dict.fromkeys(
        [
            "AutoField",
            "BigAutoField",
            "BigIntegerField",
            "IntegerField",
            "PositiveBigIntegerField",
            "PositiveIntegerField",
            "PositiveSmallIntegerField",
            "SmallIntegerField",
        ],
        ("integer", _as_it_is),
    ),
    **dict.fromkeys(["CharField", "SlugField", "TextField"], ("text", _as_it_is)),
    "DateField": ("date", _as_it_is),
    "TimeField": ("time", _as_it_is),
    "FloatField": ("real", _as_it_is),
    "BooleanField": ("boolean", bool),
    "DateTimeField": ("instant", _instant),
    "JSONField": ("json", _document),
    "UUIDField": ("uuid", lambda text: str(UUID(text))),
    "BinaryField": ("bytes", lambda raw: bytes(raw).hex()),
}
