"""Ordering, agreeing, calling off."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError

from reservo import tenancy
from reservo.core.actor import Actor
from reservo.fleet.models import Order

MOVE, MOVE_ABORT = "move", "move_abort"
RESTORE, RESTORE_AS_NEW, RESTORE_UNDO = "restore", "restore_as_new", "restore_undo"
DESTROY_CENTRE, DESTROY_STORE, DESTROY_BACKUP = "destroy_centre", "destroy_store", "destroy_backup"
SECOND_THOUGHT = timedelta(days=1)
State = Order.State


class AlreadyOrdered(RuntimeError):
    """Something is ordered for this already and has not ended."""


class NotOpen(RuntimeError):
    """It is being carried out, or has ended, or was called off."""


class SamePerson(PermissionError):
    """Who ordered it cannot be the second person too."""


def ask(
    kind: str,
    name: str,
    *,
    about: str,
    facts: dict[str, Any] | None = None,
    reason: str = "",
    needs_second: bool = False,
    by: Actor,
    at: datetime,
) -> Order:
    """`about` names the thing of which only one order may be open. What needs a second person waits a day for one.

    Raises AlreadyOrdered.
    """
    try:
        with tenancy.control(), tenancy.atomic():
            return Order.objects.create(
                kind=kind,
                name=name[:80],
                open_for=about[:100],
                facts=facts or {},
                reason=reason[:200],
                asked_by=by.name[:80],
                asked_by_id=by.id,
                asked_at=at,
                not_before=at + SECOND_THOUGHT if needs_second else at,
                needs_second=needs_second,
            )
    except IntegrityError as open_one:
        raise AlreadyOrdered(about) from open_one


def approve(order: Order, *, by: Actor, at: datetime) -> None:
    """A second operator agrees: it is carried out at once. Raises SamePerson, NotOpen."""
    if by.kind != "operator" or by.id is None or by.id == order.asked_by_id:
        raise SamePerson(by.name)
    waiting = Order.objects.filter(pk=order.pk, state=State.WAITING, needs_second=True, approved_by="")
    if not waiting.update(approved_by=by.name[:80], not_before=at):
        raise NotOpen(str(order))


def stop(order: Order) -> None:
    """Whoever carries it out gives up as soon as that loses nothing. Raises NotOpen."""
    if not Order.objects.filter(pk=order.pk, state=State.RUNNING).update(stop_asked=True):
        raise NotOpen(str(order))


def open_for(about: str) -> Order | None:
    """What is ordered for a thing and has not ended."""
    return Order.objects.filter(open_for=about).first()


def about_centre(slug: str) -> str:
    return f"centre:{slug}"


def cancel(order: Order, *, at: datetime) -> None:
    """Raises NotOpen once it is being carried out."""
    waiting = Order.objects.filter(pk=order.pk, state=State.WAITING)
    if not waiting.update(state=State.CANCELLED, open_for=None, ended_at=at):
        raise NotOpen(str(order))
