"""One mover at a time for a move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from reservo.fleet import leasing
from reservo.fleet.models import Move
from reservo.fleet.moves.planning import AlreadyMoving, open_moves
from reservo.jobs import leases


@contextmanager
def alone(move: Move, clock: Callable[[], datetime]) -> Iterator[None]:
    """Raises AlreadyMoving while another mover holds it."""
    try:
        with leasing.held(_name(move), clock) as holder:
            move.mover = holder
            yield
    except leasing.HeldByAnother as moving:
        raise AlreadyMoving(move.slug) from moving


def stopped(*, at: datetime) -> list[Move]:
    """Moves that have not ended and that nobody is at."""
    return [move for move in open_moves() if not leases.is_running(_name(move), at=at)]


def refuse_if_lost(move: Move) -> None:
    """Inside the transaction that flips: a mover that slept through its lease flips nothing."""
    if not leasing.is_held(_name(move), move.mover):
        raise AlreadyMoving(move.slug)


def _name(move: Move) -> str:
    return f"move:{move.pk}"
