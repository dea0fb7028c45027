"""W3C trace context: one id follows an action from the edge through rows, jobs and mail."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_SHAPE = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")
LONGEST = 200
_current: ContextVar[str] = ContextVar("reservo_trace", default="")
_facts: ContextVar[dict[str, Any] | None] = ContextVar("reservo_trace_facts", default=None)


def current() -> str:
    """The trace id (32 hex digits), or nothing outside a traced action."""
    return _current.get()


def traceparent() -> str:
    """Header for the next hop, or nothing."""
    trace = _current.get()
    return f"00-{trace}-{secrets.token_hex(8)}-01" if trace else ""


def read(header: str) -> str:
    """The trace id of a traceparent header, or nothing if it is not one; newer versions may say more behind it."""
    found = _SHAPE.fullmatch(header.strip().lower()) if len(header) <= LONGEST else None
    if found is None or found[1] == "ff" or (found[1] == "00" and found[4]):
        return ""
    return found[2] if set(found[2]) != {"0"} and set(found[3]) != {"0"} else ""


@contextmanager
def tracing(trace: str = "", **known: Any) -> Iterator[str]:
    """Go on under this trace id, or a new one; `known` are its first facts."""
    trace = trace or secrets.token_hex(16)
    token, facts = _current.set(trace), _facts.set(dict(known))
    try:
        yield trace
    finally:
        _current.reset(token)
        _facts.reset(facts)


def note(**known: Any) -> None:
    """Who acts, where and what: ids and names of our own, which every log line of the action carries from now on."""
    facts = _facts.get()
    if facts is not None:
        facts.update(known)


def facts() -> dict[str, Any]:
    return _facts.get() or {}
