"""Reading a foreign database: bounded pages by key, counts and sums, and never a write."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import psycopg
import pymysql
from psycopg.types.string import TextLoader

from reservo.foreign.mapping import Address, Table

CONNECT_SECONDS = 10
STATEMENT_SECONDS = 300
ROWS_AT_ONCE = 500
MOST_WITH_ONE_KEY = 10_000
Cells = dict[str, Any]


class SourceGone(RuntimeError):
    """The foreign server does not answer, or refuses what is asked; the message says what."""


@contextmanager
def opened(address: Address) -> Iterator[Source]:
    """Raises SourceGone."""
    with _errors():
        source = Source(address.engine, _CONNECT[address.engine](address))
    try:
        yield source
    finally:
        source.close()


class Source:
    """One connection that may only read."""

    def __init__(self, engine: str, connection: Any):
        self._connection = connection
        self._mark = {"mariadb": "`", "postgresql": '"'}[engine]
        self._seconds = _SECONDS[engine]

    def close(self) -> None:
        self._connection.close()

    def page(self, table: Table, customer: str, after: Any = None, most: int = ROWS_AT_ONCE) -> list[Cells]:
        """The next rows by key. Rows that share a key are never parted, so a page may be a little longer."""
        more = f" AND {self._name(table.key)} {'IS NOT NULL' if after is None else '> %s'}"
        params = [customer] if after is None else [customer, after]
        found = self._rows(table, f"{more} ORDER BY {self._name(table.key)} LIMIT {most:d}", params)
        if len(found) < most:
            return found
        last = found[-1][table.key]
        same = self._rows(
            table, f" AND {self._name(table.key)} = %s LIMIT {MOST_WITH_ONE_KEY:d}", [customer, last]
        )
        keys = {row[table.key] for row in same} | {last}
        return [row for row in found if row[table.key] not in keys] + same

    def without_key(self, table: Table, customer: str) -> list[Cells]:
        tail = f" AND {self._name(table.key)} IS NULL LIMIT {MOST_WITH_ONE_KEY:d}"
        return self._rows(table, tail, [customer])

    def count(self, table: Table, customer: str) -> int:
        return int(self._one("COUNT(*)", table, customer) or 0)

    def total(self, table: Table, customer: str, column: str) -> Decimal:
        return Decimal(str(self._one(f"SUM({self._name(column)})", table, customer) or 0))

    def total_seconds(self, table: Table, customer: str, start: str, end: str) -> Decimal:
        """Between two columns of wall clocks, as the foreign server subtracts them."""
        between = self._seconds.format(start=self._name(start), end=self._name(end))
        return Decimal(str(self._one(f"SUM({between})", table, customer) or 0))

    def greatest(self, table: Table, customer: str, column: str) -> Any:
        return self._one(f"MAX({self._name(column)})", table, customer)

    def check(self, table: Table) -> None:
        """Whether the table and all its columns are there. Raises SourceGone."""
        names = ", ".join(map(self._name, [*table.columns(), table.customer]))
        self._query(f"SELECT {names} FROM {self._table(table)} LIMIT 0", [])  # noqa: S608  # nosec B608

    def _rows(self, table: Table, tail: str, params: list[Any]) -> list[Cells]:
        columns = table.columns()
        names = ", ".join(map(self._name, columns))
        sql = f"SELECT {names} FROM {self._table(table)} WHERE {self._name(table.customer)} = %s{tail}"  # noqa: S608  # nosec B608
        return [dict(zip(columns, row, strict=True)) for row in self._query(sql, params)]

    def _one(self, what: str, table: Table, customer: str) -> Any:
        sql = f"SELECT {what} FROM {self._table(table)} WHERE {self._name(table.customer)} = %s"  # noqa: S608  # nosec B608
        return self._query(sql, [customer])[0][0]

    def _query(self, sql: str, params: list[Any]) -> list[Any]:
        with _errors(), self._connection.cursor() as cursor:
            cursor.execute(sql, params)
            return list(cursor.fetchall())

    def _name(self, name: str) -> str:
        """The mapping lets only letters, digits, `_` and `$` through."""
        return f"{self._mark}{name}{self._mark}"

    def _table(self, table: Table) -> str:
        return ".".join(map(self._name, table.name.split(".")))


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except (pymysql.MySQLError, psycopg.Error, OSError) as wrong:
        raise SourceGone(str(wrong).strip()[:300]) from wrong


def _mariadb(address: Address) -> Any:
    return pymysql.connect(
        host=address.host,
        port=address.port,
        user=address.user,
        password=os.environ.get(address.password_env, ""),
        database=address.database,
        charset="utf8mb4",
        connect_timeout=CONNECT_SECONDS,
        read_timeout=STATEMENT_SECONDS,
        autocommit=True,
        init_command="SET SESSION time_zone = '+00:00', tx_read_only = 1",
    )


def _postgresql(address: Address) -> Any:
    connection = psycopg.connect(
        host=address.host,
        port=address.port,
        user=address.user,
        password=os.environ.get(address.password_env, ""),
        dbname=address.database,
        connect_timeout=CONNECT_SECONDS,
        client_encoding="utf8",
        options=f"-c default_transaction_read_only=on -c TimeZone=UTC -c statement_timeout={STATEMENT_SECONDS}s",
        autocommit=True,
    )
    for kind in ("date", "timestamp", "timestamptz"):
        connection.adapters.register_loader(
            kind, TextLoader
        )  # `infinity` and years of five digits are no dates
    return connection


_CONNECT = {"mariadb": _mariadb, "postgresql": _postgresql}
_SECONDS = {
    "mariadb": "TIMESTAMPDIFF(SECOND, {start}, {end})",
    "postgresql": (
        "CASE WHEN isfinite({start}) AND isfinite({end}) THEN TRUNC(EXTRACT(EPOCH FROM ({end} - {start}))) END"
    ),
}
