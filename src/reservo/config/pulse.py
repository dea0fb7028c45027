"""A process says that it runs: a file touched twice a second, which needs neither a database nor room on the disk."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path

VARIABLE = "RESERVO_PULSE_DIR"
BEAT_SECONDS = 0.5


def begin() -> None:
    """From now on this process beats, if a supervisor asked for it."""
    if place := os.environ.get(VARIABLE):
        threading.Thread(target=_beat, args=[Path(place)], name="pulse", daemon=True).start()


def _beat(place: Path) -> None:
    file = place / str(os.getpid())
    while True:
        with suppress(OSError):
            file.touch()
        time.sleep(BEAT_SECONDS)
