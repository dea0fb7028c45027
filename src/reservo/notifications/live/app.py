"""Live events: one ASGI process, apart from the pages, that holds a stream open for every browser."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reservo.config.settings")

import django

django.setup()  # the server imports this module as it is: models come after

from reservo.adapters import bus  # noqa: E402
from reservo.notifications.live import reading  # noqa: E402
from reservo.notifications.live.answering import (  # noqa: E402
    Receive,
    Send,
    begin,
    cors,
    end,
    event,
    headers_of,
    is_from_our_pages,
    plain,
    until_gone,
)
from reservo.notifications.live.hub import Connection, Hub, TooManyOpen  # noqa: E402
from reservo.notifications.live.marks import mark_of  # noqa: E402
from reservo.notifications.live.watching import Watch, let_go  # noqa: E402
from reservo.tenancy import connections  # noqa: E402
from reservo.tenancy.backends.control import answering  # noqa: E402

answering.be_quick()

BEAT_SECONDS = 15.0
READERS = 2
TOPICS = ("notice", "agenda", "staff")

log = logging.getLogger(__name__)


class Events:
    """The ASGI application."""

    def __init__(self, listening: bus.Bus | None = None) -> None:
        self.hub = Hub()
        self._bus = listening
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="events")
        self._watcher = ThreadPoolExecutor(1, thread_name_prefix="watch")  # keeps its connections to itself
        self._watch: Watch | None = None
        self._watching: asyncio.Task[None] | None = None
        self._listening: Any = None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            self.start()
            await self._answer(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while (await receive())["type"] == "lifespan.startup":
            self.start()
            await send({"type": "lifespan.startup.complete"})
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    def start(self) -> None:
        if self._watching is not None:
            return
        connections.connections_per_thread()  # raises this process's bound of descriptors too
        loop = asyncio.get_running_loop()
        self._listening = (self._bus or bus.current()).subscribe(*TOPICS)
        loop.add_reader(self._listening.fileno(), self._heard, self._listening)
        self._watch = Watch(self.hub, self._read_for_watch)
        self._watching = loop.create_task(self._watch.run())

    async def stop(self) -> None:
        """Browsers are told to come back: another process, or this one's successor, goes on."""
        if self._watching is None:
            return
        self._watching.cancel()
        asyncio.get_running_loop().remove_reader(self._listening.fileno())
        self._listening.close()
        for connection in self.hub.connections():
            let_go(connection, again=True)
        await asyncio.sleep(0)

    def _heard(self, subscription: Any) -> None:
        """All that waits: the kernel keeps few messages for who does not fetch them."""
        while (message := subscription.receive(0)) is not None:
            kind = message.pop("topic")
            self.hub.hear(kind, message)
            if kind == "staff" and self._watch:
                self._watch.hurry(message.get("tenant", 0))

    async def _read(self, function: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._readers, function, *args)

    async def _read_for_watch(self, function: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._watcher, function, *args)

    async def _answer(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        path, headers = scope["path"].strip("/").split("/"), headers_of(scope)
        if path in (["live"], ["ready"]):
            await plain(send, 200, f"{path[0]}\n")
        elif len(path) != 2 or path[1] != "events":
            await plain(send, 404, "not found\n")
        elif scope["method"] != "GET":
            await plain(send, 405, "method not allowed\n", [(b"allow", b"GET")])
        elif not is_from_our_pages(headers):
            await plain(send, 403, "not from here\n")
        else:
            await self._stream(path[0], headers, scope, receive, send)

    async def _stream(
        self, slug: str, headers: dict[str, str], scope: dict[str, Any], receive: Receive, send: Send
    ) -> None:
        found = await self._read(reading.viewer_of, slug[:80], headers.get("cookie", ""))
        if found is None:
            await plain(send, 403, "log in\n", cors(headers))
            return
        try:
            connection = self.hub.add(*found)
        except TooManyOpen:
            await plain(send, 503, "too many\n", [*cors(headers), (b"retry-after", b"20")])
            return
        connection.task = asyncio.current_task()
        try:
            await begin(send, headers)
            await self._catch_up(connection, headers, scope, send)
            await self._pump(connection, receive, send)
        except asyncio.CancelledError:
            log.info("a browser that did not read was let go")
        finally:
            self.hub.remove(connection)

    async def _catch_up(
        self, connection: Connection, headers: dict[str, str], scope: dict[str, Any], send: Send
    ) -> None:
        """What happened since the mark that the browser knows; without one, only where the centre stands."""
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("since", [""])[0]
        since = mark_of(headers.get("last-event-id", "") or asked)
        if since is None:
            await event(send, "beat", {}, str(self.hub.centres[connection.viewer.tenant_id].mark))
            return
        notices, mark = await self._read(reading.missed, connection.viewer, since)
        for number in notices:
            connection.known.add(number)
            await event(send, "notice", {"id": number})
        await event(send, "resync" if mark.change != since.change else "beat", {}, str(mark))

    async def _pump(self, connection: Connection, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(until_gone(receive))
        try:
            while not gone.done():
                waiting = asyncio.ensure_future(connection.queue.get())
                await asyncio.wait({waiting, gone}, timeout=BEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                if waiting.done():
                    kind, message, mark = waiting.result()
                    if kind == "notice" and message["id"] in connection.known:
                        continue
                    await event(send, kind, message, mark)
                    if kind == "bye":
                        break
                elif not gone.done():
                    waiting.cancel()
                    await event(send, "beat", {})
                else:
                    waiting.cancel()
        finally:
            gone.cancel()
        await end(send)


application = Events()
