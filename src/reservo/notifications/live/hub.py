"""Open browsers of one process: who they are, and handing each what is theirs."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from reservo.notifications.live.marks import Mark

MOST_WAITING = 100
MOST_PER_CENTRE = 2_000
MOST_OPEN = 10_000
NOTICES_REMEMBERED = 200
NOT_FOR_BROWSERS = frozenset({"tenant", "practitioner", "by"})


class TooManyOpen(RuntimeError):
    """The process, or the centre, has as many browsers open as it may."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What of the centre a member of staff may see: branches (None: all), and whether only one practitioner's."""

    branch_ids: frozenset[int] | None
    only_practitioner_id: int | None

    def covers(self, message: dict[str, Any]) -> bool:
        branch = message.get("branch")
        if branch is not None and self.branch_ids is not None and branch not in self.branch_ids:
            return False
        if self.only_practitioner_id is None or "practitioner" not in message:
            return True
        return bool(message["practitioner"] == self.only_practitioner_id)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A logged-in member of staff, as plain values."""

    tenant_id: int
    user_id: int
    staff_id: int
    session_key: str
    sight: Sight

    def wants(self, message: dict[str, Any]) -> bool:
        """What one did oneself does not ring; agendas follow whoever did it."""
        return message.get("by") != self.staff_id and self.sight.covers(message)


@dataclass(slots=True, eq=False)
class Connection:
    """One open stream: events wait in its queue as (kind, message, mark)."""

    viewer: Viewer
    task: asyncio.Task[Any] | None = None
    known: set[int] = field(default_factory=set)
    queue: asyncio.Queue[tuple[str, dict[str, Any], str]] = field(
        default_factory=lambda: asyncio.Queue(maxsize=MOST_WAITING)
    )

    def put(self, kind: str, message: dict[str, Any], mark: str = "") -> None:
        """A browser that does not read fast enough is told to read everything again."""
        try:
            self.queue.put_nowait((kind, message, mark))
        except asyncio.QueueFull:
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait((kind, message, "") if kind == "bye" else ("resync", {}, ""))


@dataclass(slots=True)
class Centre:
    """The open browsers of one centre, and how far its rows and the bus's messages agree."""

    mark: Mark
    connections: set[Connection] = field(default_factory=set)
    handed: deque[int] = field(default_factory=lambda: deque(maxlen=NOTICES_REMEMBERED))
    unheard: int = 0
    heard: int = 0

    def note_rows(self, newest: Mark, changes: int) -> bool:
        """Take over what was read; whether a change that was read the time before has not been heard of yet."""
        missed = self.heard < self.unheard
        is_quiet = not (changes or self.heard)
        self.unheard = changes if missed or is_quiet else self.unheard + changes - self.heard
        self.heard = 0
        self.mark = Mark(max(newest.notice, self.mark.notice), newest.change)
        return missed


class Hub:
    def __init__(self) -> None:
        self.centres: dict[int, Centre] = {}
        self.open = 0

    def add(self, viewer: Viewer, mark: Mark) -> Connection:
        """Raises TooManyOpen."""
        centre = self.centres.get(viewer.tenant_id)
        if self.open >= MOST_OPEN or (centre and len(centre.connections) >= MOST_PER_CENTRE):
            raise TooManyOpen
        if centre is None:
            centre = self.centres[viewer.tenant_id] = Centre(mark)
        connection = Connection(viewer)
        centre.connections.add(connection)
        self.open += 1
        return connection

    def remove(self, connection: Connection) -> None:
        centre = self.centres.get(connection.viewer.tenant_id)
        if centre is None or connection not in centre.connections:
            return
        centre.connections.remove(connection)
        self.open -= 1
        if not centre.connections:
            del self.centres[connection.viewer.tenant_id]

    def connections(self) -> list[Connection]:
        return [connection for centre in self.centres.values() for connection in centre.connections]

    def hear(self, kind: str, message: dict[str, Any]) -> int:
        """A message of the bus, to everybody of its centre who may see it; how many."""
        centre = self.centres.get(message.get("tenant", 0))
        if centre is None:
            return 0
        if kind == "notice":
            return hand_notice(centre, message)
        centre.heard += 1
        return _hand_out(centre, kind, message) if kind == "agenda" else 0


def hand_notice(centre: Centre, message: dict[str, Any]) -> int:
    """Once, whether the bus told of it or the rows did; how many may see it."""
    number = message["id"]
    if number in centre.handed:
        return 0
    centre.handed.append(number)
    centre.mark = Mark(max(centre.mark.notice, number), centre.mark.change)
    return _hand_out(centre, "notice", message)


def _hand_out(centre: Centre, kind: str, message: dict[str, Any]) -> int:
    shown = {name: value for name, value in message.items() if name not in NOT_FOR_BROWSERS}
    found = [one for one in centre.connections if one.viewer.wants(message)]
    for connection in found:
        connection.put(kind, shown, str(centre.mark))
    return len(found)
