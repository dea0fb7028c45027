"""Giving a centre another place while it works."""

from reservo.fleet.moves.alone import alone, stopped
from reservo.fleet.moves.planning import (
    AlreadyMoving,
    CannotMove,
    NoSuchMove,
    Plan,
    compare_again,
    move_of,
    open_moves,
    plan,
    preview,
    remove_source,
    start_over,
)
from reservo.fleet.moves.running import NotEqual, abort, run

__all__ = [
    "AlreadyMoving",
    "CannotMove",
    "NoSuchMove",
    "NotEqual",
    "Plan",
    "abort",
    "alone",
    "compare_again",
    "move_of",
    "open_moves",
    "plan",
    "preview",
    "remove_source",
    "run",
    "start_over",
    "stopped",
]
