"""Open browsers of one process: who they are, and handing each what is theirs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

MOST_WAITING = 100


@dataclass(frozen=True, slots=True)
class Viewer:
    """A logged-in member of staff, as plain values; what they may see decides what reaches them."""

    tenant_id: int
    staff_id: int
    session_key: str
    branch_ids: frozenset[int] | None
    only_practitioner_id: int | None

    def sees(self, message: dict[str, Any]) -> bool:
        branch = message.get("branch")
        if branch is not None and self.branch_ids is not None and branch not in self.branch_ids:
            return False
        if self.only_practitioner_id is None or "practitioner" not in message:
            return True
        return message["practitioner"] == self.only_practitioner_id


@dataclass(slots=True, eq=False)
class Connection:
    viewer: Viewer
    queue: asyncio.Queue[tuple[str, dict[str, Any]]] = field(
        default_factory=lambda: asyncio.Queue(maxsize=MOST_WAITING)
    )

    def put(self, kind: str, message: dict[str, Any]) -> None:
        """A browser that does not read fast enough is told to read everything again."""
        try:
            self.queue.put_nowait((kind, message))
        except asyncio.QueueFull:
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(("resync", {}))


class Hub:
    def __init__(self) -> None:
        self._by_tenant: dict[int, set[Connection]] = {}

    def add(self, viewer: Viewer) -> Connection:
        connection = Connection(viewer)
        self._by_tenant.setdefault(viewer.tenant_id, set()).add(connection)
        return connection

    def remove(self, connection: Connection) -> None:
        found = self._by_tenant.get(connection.viewer.tenant_id, set())
        found.discard(connection)
        if not found:
            self._by_tenant.pop(connection.viewer.tenant_id, None)

    def connections(self) -> list[Connection]:
        return [connection for found in self._by_tenant.values() for connection in found]

    def hand_out(self, kind: str, message: dict[str, Any]) -> int:
        """To everybody of the centre who may see it; how many."""
        found = [c for c in self._by_tenant.get(message.get("tenant", 0), ()) if c.viewer.sees(message)]
        for connection in found:
            connection.put(kind, message)
        return len(found)
