"""Log lines: JSON with trace, centre, user and action; never patients' text, tokens or query strings.

What people typed reaches a log by two doors: the words of an exception, and what Django says of a request. So of an
exception only its classes and places are kept, and of Django's lines only what happened to which view.
"""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import Any

import structlog

from reservo import tenancy
from reservo.core import trace
from reservo.tenancy.backends.control.answering import ControlAway
from reservo.tenancy.servers import StoreUnavailable

MOST_FRAMES = 40
EXTRAS = ["method", "status", "milliseconds"]
# No line of the program is at fault, and a process says it every second: the places would fill the disk.
OUTAGES = (ControlAway, StoreUnavailable)


def formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(EXTRAS),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _context,
            _of_django,
            _exception,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def action_of(request: Any) -> str:
    """The name of the view, never the address: it may hold a signed link."""
    match = getattr(request, "resolver_match", None)
    return (match.view_name or match.route) if match else ""


def _context(logger: object, method: str, event: dict[str, Any]) -> dict[str, Any]:
    event["trace"] = trace.current()
    if tenancy.is_active():
        event["tenant"] = tenancy.current().slug
    return {**trace.facts(), **event}


def _of_django(logger: object, method: str, event: dict[str, Any]) -> dict[str, Any]:
    if event["logger"].startswith("django."):
        record = event["_record"]
        event["event"] = event["logger"]
        event["status"] = getattr(record, "status_code", None)
        event["action"] = action_of(getattr(record, "request", None)) or event.get("action", "")
    return event


def _exception(logger: object, method: str, event: dict[str, Any]) -> dict[str, Any]:
    found = event.pop("exc_info", None)
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        told = _class_of if isinstance(error, OUTAGES) else _told
        event["exception"] = [told(one) for one in _chain(error)]
    return event


def _chain(error: BaseException | None) -> list[BaseException]:
    """The error, then what it came from."""
    found: list[BaseException] = []
    while error is not None and error not in found and len(found) < MOST_FRAMES:
        found.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def _told(error: BaseException) -> dict[str, Any]:
    return {**_class_of(error), "at": _places(error.__traceback__)}


def _class_of(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    return {"class": f"{kind.__module__}.{kind.__qualname__}"}


def _places(found: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(found)[-MOST_FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
