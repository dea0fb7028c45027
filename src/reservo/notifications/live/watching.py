"""The healing path: who may no longer look is let go, and what the bus lost is read from rows.

Sessions and centres are asked for all browsers together, every second. The rows of the centres are read in turn,
a bounded number a second: those of which the bus said that rights changed first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from reservo.notifications.live import reading
from reservo.notifications.live.hub import Centre, Connection, Hub, hand_notice

EVERY_SECONDS = 0.8
CENTRES_AT_ONCE = 20
LEAVING_SECONDS = 0.8

log = logging.getLogger(__name__)
Read = Callable[..., Awaitable[Any]]


class Watch:
    """`read(function, *args)` runs a reading off the loop."""

    def __init__(self, hub: Hub, read: Read):
        self._hub = hub
        self._read = read
        self._urgent: set[int] = set()
        self._looked: dict[int, int] = {}
        self._round = 0
        self._called = asyncio.Event()

    def hurry(self, tenant_id: int) -> None:
        """Look at this centre at once: rights changed there."""
        self._urgent.add(tenant_id)
        self._called.set()

    async def run(self) -> None:
        """A database that does not answer for a moment closes nobody's stream."""
        while True:
            try:
                await self.once()
            except Exception:
                log.exception("open browsers could not be checked")
            await self._pause()

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._called.wait(), EVERY_SECONDS)
        except TimeoutError:
            return
        self._called.clear()

    async def once(self) -> None:
        viewers = {connection.viewer for connection in self._hub.connections()}
        if viewers:
            gone = await self._read(reading.logged_out, viewers)
            for connection in self._hub.connections():
                if connection.viewer in gone:
                    let_go(connection)
        for tenant_id in self._next_centres():
            await self._look(tenant_id)

    def _next_centres(self) -> list[int]:
        """Those that were called for, then those that were looked at longest ago."""
        self._round += 1
        open_centres = self._hub.centres
        self._looked = {pk: self._looked.get(pk, 0) for pk in open_centres}
        urgent = [pk for pk in self._urgent if pk in open_centres]
        self._urgent.clear()
        in_turn = sorted((pk for pk in open_centres if pk not in urgent), key=self._looked.__getitem__)
        chosen = urgent + in_turn[:CENTRES_AT_ONCE]
        self._looked.update(dict.fromkeys(chosen, self._round))
        return chosen

    async def _look(self, tenant_id: int) -> None:
        centre = self._hub.centres.get(tenant_id)
        if centre is None:
            return
        staff_ids = {connection.viewer.staff_id for connection in centre.connections}
        found = await self._read(reading.look, tenant_id, staff_ids, centre.mark)
        if found is not None:
            _settle(centre, found, staff_ids)


def _settle(centre: Centre, found: reading.Look, looked_for: set[int]) -> None:
    for connection in tuple(centre.connections):
        viewer = connection.viewer
        if viewer.staff_id in looked_for and found.sights.get(viewer.staff_id) != viewer.sight:
            let_go(connection, again=viewer.staff_id in found.sights)
    for notice in found.notices:
        hand_notice(centre, notice)
    if centre.note_rows(found.newest, found.changes):
        for connection in centre.connections:
            connection.put("resync", {}, str(centre.mark))


def let_go(connection: Connection, *, again: bool = False) -> None:
    """End the stream; `again`: the browser may come back at once, under what it may see now."""
    connection.put("bye", {"again": again})
    if connection.task is not None:
        asyncio.get_running_loop().call_later(LEAVING_SECONDS, connection.task.cancel)
