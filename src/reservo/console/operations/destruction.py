"""What cannot be had back goes by an order that waits for a second operator, or a day; console and shell alike."""

from __future__ import annotations

from datetime import datetime

from reservo.console import trail
from reservo.console.operations import operators
from reservo.core.actor import Actor
from reservo.fleet import orders
from reservo.fleet.models import Backup, Order
from reservo.fleet.orders import destroying
from reservo.tenancy.models import Placement
from reservo.tenants import stores
from reservo.tenants.operations import UnknownTenant

KINDS = (orders.DESTROY_CENTRE, orders.DESTROY_STORE, orders.DESTROY_BACKUP)


class NothingThere(ValueError):
    """This backup is in no place (any more)."""


def destroy_centre(slug: str, *, reason: str, by: Actor, at: datetime) -> Order:
    """It must be disabled first. Raises UnknownTenant, NotDisabled, StillNeeded, AlreadyOrdered."""
    placement = Placement.objects.filter(slug=slug).first()
    if placement is None:
        raise UnknownTenant(slug)
    destroying.refuse_if_needed(placement)
    about, facts = orders.about_centre(slug), {"tenant": placement.pk}
    order = orders.ask(
        orders.DESTROY_CENTRE, slug, about=about, facts=facts, reason=reason, needs_second=True, by=by, at=at
    )
    trail.note("destroy.asked", "centre", placement.pk, name=slug, by=by, at=at, reason=reason)
    return order


def destroy_store(name: str, *, reason: str, by: Actor, at: datetime) -> Order:
    """It must be empty. Raises UnknownStore, StoreInUse, StillNeeded, AlreadyOrdered."""
    store = stores.named(name)
    if centres := store.placements.count():
        raise stores.StoreInUse(centres)
    destroying.refuse_if_kept_there(name)
    about = f"store:{name}"
    order = orders.ask(
        orders.DESTROY_STORE, name, about=about, reason=reason, needs_second=True, by=by, at=at
    )
    trail.note("destroy.asked", "store", store.pk, name=name, by=by, at=at, reason=reason)
    return order


def destroy_backup(backup: Backup, *, reason: str, by: Actor, at: datetime) -> Order:
    """Raises NothingThere, AlreadyOrdered."""
    if not backup.key or backup.removed_at:
        raise NothingThere(str(backup))
    name, facts = called(backup), {"backup": backup.pk}
    order = orders.ask(
        orders.DESTROY_BACKUP,
        name,
        about=f"backup:{backup.pk}",
        facts=facts,
        reason=reason,
        needs_second=True,
        by=by,
        at=at,
    )
    trail.note("destroy.asked", "backup", backup.pk, name=name, by=by, at=at, reason=reason)
    return order


def approve(order: Order, *, by: Actor, at: datetime) -> None:
    """The second person. Raises SamePerson, Newcomer, NotOpen."""
    operators.refuse_newcomer(by.id, at=at)
    orders.approve(order, by=by, at=at)
    trail.note("destroy.approved", "order", order.pk, name=order.name, by=by, at=at, to=order.kind)


def cancel(order: Order, *, by: Actor, at: datetime) -> None:
    """Raises NotOpen."""
    orders.cancel(order, at=at)
    trail.note("order.cancelled", "order", order.pk, name=order.name, by=by, at=at, to=order.kind)


def called(backup: Backup) -> str:
    """`clinica 2026-12-01 03:00`: what is typed to confirm."""
    return f"{backup.slug or 'control'} {backup.taken_at or backup.next_at:%Y-%m-%d %H:%M}"
