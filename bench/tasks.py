"""Tasks that do nothing but let themselves be counted or timed."""

from __future__ import annotations

import os
import time
from pathlib import Path

from reservo import jobs


@jobs.task(name="bench.nothing", transactional=True)
def nothing() -> None:
    return


@jobs.task(name="bench.stamp")
def stamp(put_at: float) -> None:
    """Write down how long the job lay."""
    with Path(os.environ["RESERVO_DATA_DIR"], "stamps").open("a") as file:
        file.write(f"{(time.time() - put_at) * 1000:.3f}\n")
