"""Plain ASGI: what goes over the wire of a stream, and which pages may read it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from reservo.notifications.live import addresses

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Headers = list[tuple[bytes, bytes]]

NARROW: Headers = [
    (b"cache-control", b"no-store"),
    (b"vary", b"Origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
]


def headers_of(scope: dict[str, Any]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def is_from_our_pages(headers: dict[str, str]) -> bool:
    """A page of another site is refused before any cookie is read; one served from the same address says nothing."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-site")
    if origin is not None:
        return addresses.is_ours(origin, headers.get("host", ""))
    return site in ("same-origin", "same-site", "none")


def cors(headers: dict[str, str]) -> Headers:
    """Pages of our own addresses may listen, with their cookie; nobody else."""
    origin = headers.get("origin", "")
    if not addresses.is_ours(origin, headers.get("host", "")):
        return []
    return [
        (b"access-control-allow-origin", origin.encode()),
        (b"access-control-allow-credentials", b"true"),
    ]


async def plain(send: Send, status: int, text: str, more: Headers | None = None) -> None:
    found = [(b"content-type", b"text/plain"), *NARROW, *(more or [])]
    await send({"type": "http.response.start", "status": status, "headers": found})
    await send({"type": "http.response.body", "body": text.encode()})


async def begin(send: Send, headers: dict[str, str]) -> None:
    found = [
        (b"content-type", b"text/event-stream"),
        (b"x-accel-buffering", b"no"),
        *NARROW,
        *cors(headers),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": found})


async def event(send: Send, kind: str, message: dict[str, Any], mark: str = "") -> None:
    number = f"id: {mark}\n" if mark else ""
    body = f"event: {kind}\n{number}data: ".encode() + orjson.dumps(message) + b"\n\n"
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def end(send: Send) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
