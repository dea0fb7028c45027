"""The next key of each table of the active plane goes on where it was, also when the newest rows are gone."""

from __future__ import annotations

from typing import Any

from django.db import connections, models

from reservo import tenancy
from reservo.fleet.rows import active_tables
from reservo.tenancy.context import CONTROL_ALIAS, TENANT_ALIAS


def counted() -> list[type[models.Model]]:
    """Tables whose keys the database counts."""
    return [
        model
        for model in active_tables()
        if isinstance(model._meta.pk, models.AutoField | models.BigAutoField)
    ]


def last_given() -> dict[str, int]:
    """The highest key that each table ever gave."""
    read = {"sqlite": _sqlite, "postgresql": _postgresql, "mysql": _mariadb}[_connection().vendor]
    return read()


def go_on_from(given: dict[str, int]) -> None:
    """The next key of these tables is above what was given elsewhere."""
    write = {"sqlite": _set_sqlite, "postgresql": _set_postgresql, "mysql": _set_mariadb}[
        _connection().vendor
    ]
    by_name = {model._meta.db_table: model for model in counted()}
    with tenancy.atomic():
        for name, value in given.items():
            write(by_name[name], value)


def raise_to(given: dict[str, int]) -> None:
    """As `go_on_from`, for those that are behind it here. Outside a transaction: MariaDB would end it."""
    here = last_given()
    go_on_from({name: value for name, value in given.items() if value > here.get(name, 0)})


def _connection() -> Any:
    return connections[CONTROL_ALIAS if tenancy.in_control() else TENANT_ALIAS]


def _rows(sql: str, *params: object) -> dict[str, int]:
    names = {model._meta.db_table for model in counted()}
    with _connection().cursor() as cursor:
        cursor.execute(sql, params)
        found = {str(name): int(value or 0) for name, value in cursor.fetchall()}
    return {name: found.get(name, 0) for name in sorted(names)}


def _run(sql: str, *params: object) -> None:
    with _connection().cursor() as cursor:
        cursor.execute(sql, params)


def _sqlite() -> dict[str, int]:
    return _rows("SELECT name, seq FROM sqlite_sequence")


def _set_sqlite(model: type[models.Model], value: int) -> None:
    _run("DELETE FROM sqlite_sequence WHERE name = %s", model._meta.db_table)
    _run("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", model._meta.db_table, value)


def _postgresql() -> dict[str, int]:
    """Sequences are named `table_column_seq` by the server when it makes an identity column."""
    return _rows(
        "SELECT regexp_replace(sequencename, '_[a-z]+_seq$', ''), last_value FROM pg_sequences"
        " WHERE schemaname = current_schema()"
    )


def _set_postgresql(model: type[models.Model], value: int) -> None:
    _run(
        "SELECT setval(pg_get_serial_sequence(%s, %s)::regclass, %s, %s)",
        f'"{model._meta.db_table}"',
        model._meta.pk.column,
        max(value, 1),
        value > 0,
    )


def _mariadb() -> dict[str, int]:
    return _rows(
        "SELECT table_name, CAST(auto_increment AS SIGNED) - 1 FROM information_schema.tables"
        " WHERE table_schema = DATABASE() AND auto_increment IS NOT NULL"
    )


def _set_mariadb(model: type[models.Model], value: int) -> None:
    _run(f"ALTER TABLE `{model._meta.db_table}` AUTO_INCREMENT = {value + 1:d}")
