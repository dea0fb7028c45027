"""What the commands around backups share: how work is shown, and how a moment is told."""

from __future__ import annotations

import time
from argparse import ArgumentTypeError
from datetime import UTC, datetime
from typing import TextIO

from reservo.fleet import copies

SAY_EVERY_SECONDS = 2.0


def dots(out: TextIO) -> copies.Progress:
    """A dot now and then while work goes on."""
    said = time.monotonic()

    def progress() -> None:
        nonlocal said
        if time.monotonic() - said > SAY_EVERY_SECONDS:
            said = time.monotonic()
            out.write(".")
            out.flush()

    return progress


def moment(text: str) -> datetime:
    """An ISO date or instant; without offset it is UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise ArgumentTypeError(f"not a date or instant: {text}") from wrong
    return at if at.tzinfo else at.replace(tzinfo=UTC)
