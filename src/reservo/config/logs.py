"""Log lines: JSON with trace and centre; never patients' text, tokens or query strings."""

from __future__ import annotations

import logging

import structlog

from reservo import tenancy
from reservo.core import trace


def formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _context,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _context(logger: object, method: str, event: dict) -> dict:
    event["trace"] = trace.current()
    if tenancy.is_active():
        event["tenant"] = tenancy.current().slug
    return event
