"""What a centre holds and where, read with SQL of the tests' own: nothing of the program is asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Rows = list[tuple[Any, ...]]
Ask = Callable[[str], Rows]


@dataclass(frozen=True, slots=True)
class Visit:
    number: int
    starts_at: datetime
    ends_at: datetime
    state: str
    email: str


@dataclass(frozen=True, slots=True)
class Mail:
    visit: int
    kind: str
    state: str
    message_id: str
    unknown_ends: int


@dataclass(frozen=True, slots=True)
class Held:
    """One place of a centre, as its database says."""

    epoch: int
    visits: list[Visit]
    mails: list[Mail]
    claims: Rows
    open_jobs: Rows


class Places:
    """Reads any namespace of the stores: directories by name, and servers by name."""

    def __init__(self, control: Path, folders: dict[str, Path], servers: dict[str, Any]):
        self.control = control
        self.folders = folders
        self.servers = servers

    def asked_of_control(self, sql: str) -> Rows:
        with closing(sqlite3.connect(self.control, timeout=30)) as database:
            return database.execute(sql).fetchall()

    def placement(self) -> tuple[str, str, int]:
        """Store, namespace and epoch of the only centre."""
        ((store, namespace, epoch),) = self.asked_of_control(
            "SELECT s.name, p.namespace, p.epoch FROM tenancy_placement p JOIN tenancy_store s ON s.id = p.store_id"
        )
        return store, namespace, epoch

    def held(self, store: str, namespace: str) -> Held:
        return self._with(store, namespace, _held)

    def names(self, store: str) -> set[str]:
        """Every namespace that the store holds for centres."""
        if store in self.folders:
            return {path.name for path in self.folders[store].glob("*.db")}
        server = self.servers[store]
        if server.engine == "postgresql":
            with server.admin(store) as admin:
                asked = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'clinica%'"
                return {row[0] for row in admin.execute(asked)}
        with server.admin() as admin, admin.cursor() as cursor:
            cursor.execute("SHOW DATABASES LIKE 'clinica%'")
            return {row[0] for row in cursor.fetchall()}

    def _with(self, store: str, namespace: str, read: Callable[[Ask], Held]) -> Held:
        if store in self.folders:
            address = f"file:{self.folders[store] / namespace}?mode=rw"
            with closing(sqlite3.connect(address, uri=True, timeout=30)) as file:
                return read(lambda sql: file.execute(sql).fetchall())
        with self.servers[store].asking(store, namespace) as ask:
            return read(ask)


def _held(ask: Ask) -> Held:
    ((epoch,),) = ask("SELECT epoch FROM tenancy_namespaceepoch")
    visits = ask(
        "SELECT number, starts_at, ends_at, state, contact_email FROM agenda_appointment ORDER BY number"
    )
    mails = ask(
        "SELECT a.number, d.kind, d.state, d.message_id, d.unknown_ends FROM notifications_delivery d"
        " LEFT JOIN agenda_appointment a ON a.id = d.appointment_id ORDER BY d.id"
    )
    return Held(
        epoch=epoch,
        visits=[
            Visit(number, instant(starts), instant(ends), state, email)
            for number, starts, ends, state, email in visits
        ],
        mails=[Mail(*row) for row in mails],
        claims=ask("SELECT appointment_id, COUNT(*) FROM agenda_claim GROUP BY appointment_id"),
        open_jobs=ask("SELECT id, task, state, error FROM jobs_job WHERE state <> 'done'"),
    )


def instant(written: str | datetime) -> datetime:
    """UTC, whichever way the engine keeps it."""
    found = datetime.fromisoformat(written) if isinstance(written, str) else written
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
