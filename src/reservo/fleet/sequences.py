"""The next key of each table goes on where it was, also when the newest rows are gone."""

from __future__ import annotations

from django.db import connections, models

from reservo import tenancy
from reservo.fleet.rows import tables
from reservo.tenancy.context import TENANT_ALIAS


def counted() -> list[type[models.Model]]:
    """Tables whose keys the database counts."""
    return [model for model in tables() if isinstance(model._meta.pk, models.AutoField | models.BigAutoField)]


def last_given() -> dict[str, int]:
    """The highest key that each table of the active centre ever gave."""
    read = {"sqlite": _sqlite, "postgresql": _postgresql, "mariadb": _mariadb}[tenancy.current().engine]
    return {model._meta.db_table: read(model) for model in counted()}


def go_on_from(given: dict[str, int]) -> None:
    """The next key of each table is above what was given elsewhere and above what is here."""
    write = {"sqlite": _set_sqlite, "postgresql": _set_postgresql, "mariadb": _set_mariadb}
    with tenancy.atomic():
        for model in counted():
            highest = model._base_manager.aggregate(highest=models.Max("pk"))["highest"] or 0
            write[tenancy.current().engine](model, max(given.get(model._meta.db_table, 0), highest))


def _one(sql: str, *params: object) -> int:
    with connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute(sql, params)
        row = cursor.fetchone()
    return int(row[0] or 0) if row else 0


def _run(sql: str, *params: object) -> None:
    with connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute(sql, params)


def _sqlite(model: type[models.Model]) -> int:
    return _one("SELECT seq FROM sqlite_sequence WHERE name = %s", model._meta.db_table)


def _set_sqlite(model: type[models.Model], value: int) -> None:
    _run("DELETE FROM sqlite_sequence WHERE name = %s", model._meta.db_table)
    _run("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", model._meta.db_table, value)


def _sequence(model: type[models.Model]) -> str:
    return "pg_get_serial_sequence(%s, %s)::regclass"


def _postgresql(model: type[models.Model]) -> int:
    key = model._meta.pk.column
    return _one(
        f"SELECT COALESCE(pg_sequence_last_value({_sequence(model)}), 0)",  # nosec B608: our own text
        f'"{model._meta.db_table}"',
        key,
    )


def _set_postgresql(model: type[models.Model], value: int) -> None:
    _run(
        f"SELECT setval({_sequence(model)}, %s, %s)",  # nosec B608: our own text
        f'"{model._meta.db_table}"',
        model._meta.pk.column,
        max(value, 1),
        value > 0,
    )


def _mariadb(model: type[models.Model]) -> int:
    following = _one(
        "SELECT auto_increment FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s",
        model._meta.db_table,
    )
    return max(following - 1, 0)


def _set_mariadb(model: type[models.Model], value: int) -> None:
    _run(f"ALTER TABLE `{model._meta.db_table}` AUTO_INCREMENT = {value + 1:d}")
