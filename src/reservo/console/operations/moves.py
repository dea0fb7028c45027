"""Moves ordered from the console; a porter carries them out."""

from __future__ import annotations

from datetime import datetime

from reservo.console import trail
from reservo.core.actor import Actor
from reservo.fleet import moves, orders
from reservo.fleet.models import Move, Order


def start(slug: str, store: str, *, reason: str, by: Actor, at: datetime) -> Move:
    """Raises CannotMove, AlreadyMoving, AlreadyOrdered, UnknownStore, StoreUnavailable; then nothing has begun."""
    about = orders.about_centre(slug)
    if orders.open_for(about):
        raise orders.AlreadyOrdered(about)
    total = sum(moves.preview(slug, store).rows.values())
    move = moves.plan(slug, store, at=at)
    facts = {"move": move.pk, "rows": total}
    orders.ask(orders.MOVE, slug, about=about, facts=facts, reason=reason, by=by, at=at)
    details = {"from": move.source_store, "to": move.target_store, "reason": reason}
    trail.note("move.started", "centre", move.tenant_id, name=slug, by=by, at=at, **details)
    return move


def resume(move: Move, *, by: Actor, at: datetime) -> Order:
    """After a mover that was stopped or failed. Raises NoSuchMove, AlreadyOrdered."""
    if not move.is_open:
        raise moves.NoSuchMove(move.slug)
    about = orders.about_centre(move.slug)
    order = orders.ask(orders.MOVE, move.slug, about=about, facts={"move": move.pk}, by=by, at=at)
    trail.note("move.resumed", "centre", move.tenant_id, name=move.slug, by=by, at=at, to=move.target_store)
    return order


def abort(move: Move, *, reason: str, by: Actor, at: datetime) -> None:
    """The centre stays where it is. Raises NoSuchMove after the flip, AlreadyOrdered for another order's sake."""
    if not move.is_open or move.state in (Move.State.FLIPPED, Move.State.DONE):
        raise moves.NoSuchMove(move.slug)
    _stop_or_order(move, reason, by, at)
    trail.note("move.aborted", "centre", move.tenant_id, name=move.slug, by=by, at=at, reason=reason)


def _stop_or_order(move: Move, reason: str, by: Actor, at: datetime) -> None:
    about = orders.about_centre(move.slug)
    waiting = orders.open_for(about)
    if waiting is not None and waiting.state == Order.State.RUNNING and waiting.kind == orders.MOVE:
        orders.stop(waiting)
        return
    if waiting is not None and waiting.kind == orders.MOVE:
        orders.cancel(waiting, at=at)
    facts = {"move": move.pk}
    orders.ask(orders.MOVE_ABORT, move.slug, about=about, facts=facts, reason=reason, by=by, at=at)
