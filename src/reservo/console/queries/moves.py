"""Moves as they stand, and what is ordered for them."""

from __future__ import annotations

from dataclasses import dataclass

from reservo.fleet import orders
from reservo.fleet.models import Move, Order

MOST_SHOWN = 50
State = Move.State


@dataclass(frozen=True, slots=True)
class View:
    """One move with the newest order for it."""

    move: Move
    order: Order | None

    @property
    def is_at_work(self) -> bool:
        """Whether a porter has it or will take it."""
        return self.order is not None and self.order.is_open

    @property
    def may_abort(self) -> bool:
        stopping = self.order is not None and self.order.is_open and self.order.stop_asked
        return self.move.is_open and self.move.state not in (State.FLIPPED, State.DONE) and not stopping

    @property
    def may_resume(self) -> bool:
        return self.move.is_open and not self.is_at_work

    @property
    def percent(self) -> int | None:
        """Of the rows that there were at the start; None where that is not known."""
        total = self.order.facts.get("rows") if self.order else None
        if self.move.state in (State.FLIPPED, State.DONE):
            return 100
        return min(99, round(100 * self.move.rows / total)) if total else None


def listed() -> list[View]:
    """Open ones first, then the newest."""
    open_ones = list(Move.objects.exclude(open_for=None).order_by("-pk")[:MOST_SHOWN])
    ended = list(Move.objects.filter(open_for=None).order_by("-pk")[:MOST_SHOWN])
    return _views(open_ones + ended)


def of_centre(tenant_id: int, most: int = 5) -> list[View]:
    return _views(list(Move.objects.filter(tenant_id=tenant_id).order_by("-pk")[:most]))


def view_of(move_id: int) -> View | None:
    move = Move.objects.filter(pk=move_id).first()
    return _views([move])[0] if move else None


def _views(moves: list[Move]) -> list[View]:
    """Orders by the move that they name."""
    slugs = {move.slug for move in moves}
    kinds = (orders.MOVE, orders.MOVE_ABORT)
    known: dict[int, Order] = {}
    for order in Order.objects.filter(kind__in=kinds, name__in=slugs).order_by("pk"):
        before = known.get(order.facts["move"])
        if before is not None and "rows" in before.facts:
            order.facts.setdefault("rows", before.facts["rows"])
        known[order.facts["move"]] = order
    return [View(move, known.get(move.pk)) for move in moves]
