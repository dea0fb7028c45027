"""W3C trace context: one id follows an action from the edge through rows, jobs and mail."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_SHAPE = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_current: ContextVar[str] = ContextVar("reservo_trace", default="")


def current() -> str:
    """The trace id (32 hex digits), or nothing outside a traced action."""
    return _current.get()


def traceparent() -> str:
    """Header for the next hop, or nothing."""
    trace = _current.get()
    return f"00-{trace}-{secrets.token_hex(8)}-01" if trace else ""


def read(header: str) -> str:
    """The trace id of a traceparent header, or nothing if it is not one."""
    found = _SHAPE.fullmatch(header.strip().lower()) if len(header) < 80 else None
    return found[1] if found and set(found[1]) != {"0"} else ""


@contextmanager
def tracing(trace: str = "") -> Iterator[str]:
    """Go on under this trace id, or a new one."""
    trace = trace or secrets.token_hex(16)
    token = _current.set(trace)
    try:
        yield trace
    finally:
        _current.reset(token)
