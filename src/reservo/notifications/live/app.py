"""Live events: one ASGI process, apart from the pages, that holds a stream open for every browser."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

import orjson

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reservo.config.settings")

import django

django.setup()  # the server imports this module as it is: models come after

from django.conf import settings  # noqa: E402

from reservo.adapters import bus  # noqa: E402
from reservo.notifications.live import reading  # noqa: E402
from reservo.notifications.live.hub import Connection, Hub  # noqa: E402

BEAT_SECONDS = 15.0
RECHECK_SECONDS = 1.0
TOPICS = ("notice", "agenda", "tenant", "session")

log = logging.getLogger(__name__)
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Events:
    """The ASGI application."""

    def __init__(self) -> None:
        self.hub = Hub()
        self._readers = ThreadPoolExecutor(4, thread_name_prefix="events")
        self._started = False

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Send
    ) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            self._start()
            await self._answer(scope, receive, send)

    async def _lifespan(self, receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _start(self) -> None:
        if not self._started:
            self._started = True
            loop = asyncio.get_running_loop()
            subscription = bus.current().subscribe(*TOPICS)
            loop.add_reader(subscription.fileno(), self._heard, subscription)
            self._rechecking = loop.create_task(self._recheck())

    def _heard(self, subscription: Any) -> None:
        message = subscription.receive(0)
        if message is None:
            return
        kind = message.pop("topic")
        if kind in ("tenant", "session"):
            for connection in self.hub.connections():
                connection.put("check", {})
        else:
            self.hub.hand_out(kind, message)

    async def _recheck(self) -> None:
        """The healing path: whoever lost the right, the session or the centre is let go."""
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            found: dict[Any, list[Connection]] = {}
            for connection in self.hub.connections():
                found.setdefault(connection.viewer, []).append(connection)
            for viewer, connections in found.items():
                if not await self._read(_still, viewer):
                    for connection in connections:
                        connection.put("bye", {})

    async def _read(self, function: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._readers, function, *args)

    async def _answer(self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        path = scope["path"].strip("/").split("/")
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if path == ["live"]:
            await _plain(send, 200, "live\n")
        elif len(path) == 2 and path[1] == "events" and scope["method"] == "GET":
            await self._stream(path[0], headers, scope, receive, send)
        else:
            await _plain(send, 404, "not found\n")

    async def _stream(
        self,
        slug: str,
        headers: dict[str, str],
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[Any]],
        send: Send,
    ) -> None:
        viewer = await self._read(reading.viewer_of, slug, headers.get("cookie", ""))
        if viewer is None:
            await _plain(send, 403, "log in\n", _cors(headers))
            return
        connection = self.hub.add(viewer)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _stream_headers(headers)})
            await self._catch_up(connection, headers, scope, send)
            gone = asyncio.ensure_future(_until_gone(receive))
            await self._pump(connection, send, gone)
        finally:
            self.hub.remove(connection)

    async def _catch_up(
        self, connection: Connection, headers: dict[str, str], scope: dict[str, Any], send: Send
    ) -> None:
        """On reconnect, what was missed; on a first visit, only where the list stands."""
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("since", [""])[0]
        since = headers.get("last-event-id", "") or asked
        if since.isdigit() and len(since) < 18:
            for notice in await self._read(reading.missed, connection.viewer, int(since)):
                await _event(send, "notice", notice, notice["id"])
            await _event(send, "resync", {})
        else:
            await _event(send, "beat", {}, await self._read(reading.newest, connection.viewer))

    async def _pump(self, connection: Connection, send: Send, gone: asyncio.Future[None]) -> None:
        while not gone.done():
            waiting = asyncio.ensure_future(connection.queue.get())
            await asyncio.wait({waiting, gone}, timeout=BEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                waiting.cancel()
                if not gone.done():
                    await _event(send, "beat", {})
                continue
            kind, message = waiting.result()
            if kind == "check":
                if await self._read(_still, connection.viewer):
                    continue
                kind = "bye"
            await _event(send, kind, message, message.get("id") if kind == "notice" else None)
            if kind == "bye":
                break
        gone.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _still(viewer: Any) -> bool:
    """A database that does not answer for a moment closes nobody's stream."""
    try:
        return reading.is_still(viewer)
    except Exception:
        log.exception("a viewer could not be checked")
        return True


async def _until_gone(receive: Callable[[], Awaitable[Any]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def _event(send: Send, kind: str, message: dict[str, Any], number: Any = None) -> None:
    lines = f"event: {kind}\n" + (f"id: {number}\n" if number is not None else "")
    body = lines.encode() + b"data: " + orjson.dumps(message) + b"\n\n"
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _plain(
    send: Send, status: int, text: str, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    found = [(b"content-type", b"text/plain"), *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": found})
    await send({"type": "http.response.body", "body": text.encode()})


def _stream_headers(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", b"text/event-stream"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        *_cors(headers),
    ]


def _cors(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Pages of our own public address may listen, with their cookie; nobody else."""
    if headers.get("origin", "") != settings.RESERVO_PUBLIC_URL:
        return []
    return [
        (b"access-control-allow-origin", headers["origin"].encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin"),
    ]


application = Events()
