"""How much is measured: the full sizes, or a tenth and less to try the harness (RESERVO_BENCH_SIZE=small)."""

from __future__ import annotations

import os


def is_small() -> bool:
    return os.environ.get("RESERVO_BENCH_SIZE", "full") == "small"


def sized(full: int, small: int) -> int:
    return small if is_small() else full
