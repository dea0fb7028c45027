"""Triggers that note, in the centre itself, which rows change while it is being copied.

A row of the journal says a table and a key, nothing else: whoever replays it reads the row as it is then. What was
replayed is deleted, so the order in which transactions end does not matter.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db import connections, models

from reservo import tenancy
from reservo.fleet.rows import key_of, tables
from reservo.tenancy.context import TENANT_ALIAS

TABLE = "fleet_journal"
NOTES_AT_ONCE = 5_000
_TABLE = {
    "sqlite": f"CREATE TABLE IF NOT EXISTS {TABLE} (seq INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, k TEXT)",
    "postgresql": f"CREATE TABLE IF NOT EXISTS {TABLE} (seq BIGSERIAL PRIMARY KEY, name TEXT, k TEXT)",
    "mariadb": f"CREATE TABLE IF NOT EXISTS {TABLE}"
    " (seq BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(64), k VARCHAR(200))",
}
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION fleet_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {TABLE} (name, k)
    VALUES (TG_TABLE_NAME, COALESCE(to_jsonb(NEW), to_jsonb(OLD)) ->> TG_ARGV[0]);
    RETURN NULL;
END $$
"""  # noqa: S608  # nosec B608: our own names
_EVENTS = (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))


@dataclass(frozen=True, slots=True)
class Notes:
    """Sequence numbers read, and keys by table."""

    seqs: list[int]
    keys: dict[type[models.Model], list[Any]]


def begin() -> None:
    """Note every change of the active centre from now on; nothing if that is so already."""
    engine = tenancy.current().engine
    known = _triggers(engine)
    with tenancy.atomic():
        _run(_TABLE[engine])
        if engine == "postgresql":
            _run(_FUNCTION)
        for model in tables():
            for name, statement in _statements(engine, model):
                if name not in known:
                    _run(statement)


def end() -> None:
    """Note nothing any more, and forget what was noted."""
    engine = tenancy.current().engine
    known = _triggers(engine)
    with tenancy.atomic():
        for model in tables():
            for name, _ in _statements(engine, model):
                if name in known:
                    on = f' ON "{model._meta.db_table}"' if engine == "postgresql" else ""
                    _run(f"DROP TRIGGER {name}{on}")
        _run(f"DROP TABLE IF EXISTS {TABLE}")
        if engine == "postgresql":
            _run("DROP FUNCTION IF EXISTS fleet_note()")


def read(limit: int | None = NOTES_AT_ONCE) -> Notes:
    """The oldest notes; all of them without a limit."""
    by_name = {model._meta.db_table: model for model in tables()}
    keys: dict[type[models.Model], dict[Any, None]] = defaultdict(dict)
    seqs = []
    bound = f" LIMIT {limit:d}" if limit else ""
    with connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute(f"SELECT seq, name, k FROM {TABLE} ORDER BY seq{bound}")  # noqa: S608  # nosec B608
        for seq, name, key in cursor.fetchall():
            seqs.append(seq)
            keys[by_name[name]][by_name[name]._meta.pk.to_python(key)] = None
    return Notes(seqs, {model: list(found) for model, found in keys.items()})


def forget(notes: Notes) -> None:
    """They were replayed."""
    with tenancy.atomic(), connections[TENANT_ALIAS].cursor() as cursor:
        for start in range(0, len(notes.seqs), 500):
            part = ", ".join(str(seq) for seq in notes.seqs[start : start + 500])
            cursor.execute(f"DELETE FROM {TABLE} WHERE seq IN ({part})")  # noqa: S608  # nosec B608: numbers


def count() -> int:
    with connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {TABLE}")  # noqa: S608  # nosec B608: our own name
        return int(cursor.fetchone()[0])


def _statements(engine: str, model: type[models.Model]) -> list[tuple[str, str]]:
    table, key = model._meta.db_table, key_of(model)
    if engine == "postgresql":
        name = f"fleet_{table}"
        when = f'AFTER INSERT OR UPDATE OR DELETE ON "{table}" FOR EACH ROW'
        return [(name, f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION fleet_note('{key}')")]
    body = f"INSERT INTO {TABLE} (name, k) VALUES ('{table}', {{row}}.{key})"  # noqa: S608  # nosec B608
    found = []
    for event, row in _EVENTS:
        name = f"fleet_{table}_{event[:3].lower()}"
        note = body.format(row=row)
        note = f"BEGIN {note}; END" if engine == "sqlite" else note
        found.append((name, f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {note}"))
    return found


_KNOWN = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
    " WHERE relnamespace = current_schema()::regnamespace AND NOT tgisinternal",
    "mariadb": "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()",
}


def _triggers(engine: str) -> set[str]:
    with connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute(_KNOWN[engine])
        return {str(row[0]) for row in cursor.fetchall()}


def _run(statement: str) -> None:
    with connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute(statement)
