"""Centres, stores and backups destroyed by order: each step can be done again after a kill."""

from __future__ import annotations

from reservo.accounts.models import Invitation, Membership, Session
from reservo.adapters import files
from reservo.fleet import moves
from reservo.fleet.backups import places, restoring, running
from reservo.fleet.models import Backup, Move, Order, Restore
from reservo.fleet.orders import asking
from reservo.fleet.orders.carrying import Clock, carries
from reservo.fleet.orders.endings import Ended, NoLastBackup, NotDisabled, StillNeeded
from reservo.jobs.models import NextFiring, Wakeup
from reservo.tenancy import directory
from reservo.tenancy.models import Placement
from reservo.tenants import operations as tenants
from reservo.tenants import stores

USABLE = (Backup.State.DONE, Backup.State.PARTIAL)


@carries(asking.DESTROY_CENTRE)
def destroy_centre(order: Order, clock: Clock) -> Ended:
    """After a last backup; the backups stay until they go by their own orders."""
    placement = Placement.objects.select_related("store").filter(pk=order.facts["tenant"]).first()
    if placement is None:
        return Ended("gone")
    refuse_if_needed(placement)
    backup = _last_backup(order, placement, clock)
    _forget_other_places(placement, clock)
    _forget_people(placement.pk)
    store = files.current()
    for name in store.names(placement.slug):
        store.delete(f"{placement.slug}/{name}")
    tenants.take_back(placement)
    directory.forget(placement.slug)
    return Ended("gone_after_backup", backup=backup.key)


@carries(asking.DESTROY_STORE)
def destroy_store(order: Order, clock: Clock) -> Ended:
    """What is known of it; the server or directory itself is its owner's to remove."""
    try:
        refuse_if_kept_there(order.name)
        stores.remove(order.name)
    except stores.UnknownStore:
        return Ended("gone")
    except stores.StoreInUse as used:
        raise StillNeeded("lived_in", centres=used.centres) from used
    return Ended("gone")


@carries(asking.DESTROY_BACKUP)
def destroy_backup(order: Order, clock: Clock) -> Ended:
    """Out of the first place; what is in further places is theirs to erase."""
    backup = Backup.objects.get(pk=order.facts["backup"])
    place = places.first()
    place.delete(backup.key)
    Backup.objects.filter(pk=backup.pk).update(removed_at=clock())
    others = [address for address, said in backup.places.items() if said == "ok" and address != place.address]
    if others:
        return Ended("gone_but_in", place=place.address, others=", ".join(others))
    return Ended("gone_from", place=place.address)


def refuse_if_needed(placement: Placement) -> None:
    """Raises NotDisabled, StillNeeded."""
    if placement.state != Placement.State.DISABLED:
        raise NotDisabled(placement.slug)
    if Move.objects.filter(open_for=placement.pk).exists():
        raise StillNeeded("moving")
    if Restore.objects.filter(open_for=placement.pk).exists():
        raise StillNeeded("restoring")


def refuse_if_kept_there(store: str) -> None:
    """Raises StillNeeded while an old place of a centre is kept in the store."""
    left = Move.objects.filter(source_store=store, source_removed_at=None)
    if left.filter(state=Move.State.DONE).exists() or left.exclude(open_for=None).exists():
        raise StillNeeded("place_kept")
    if Move.objects.filter(target_store=store).exclude(open_for=None).exists():
        raise StillNeeded("move_target")
    kept = Restore.objects.filter(forgotten_at=None).exclude(state=Restore.State.ABORTED)
    if kept.filter(before_store=store).exists() or kept.filter(after_store=store).exists():
        raise StillNeeded("state_kept")


def _last_backup(order: Order, placement: Placement, clock: Clock) -> Backup:
    """One taken since the order was begun: the centre is disabled, so nothing can have changed after it."""
    since = order.began_at or order.asked_at
    known = Backup.objects.filter(
        tenant_id=placement.pk, state__in=USABLE, taken_at__gte=since, removed_at=None
    )
    if found := known.order_by("-taken_at").first():
        return found
    backup = running.begin(placement.pk, placement.slug, order.holder, at=clock())
    if not running.run(backup, clock=clock):
        raise NoLastBackup(backup.error)
    return backup


def _forget_other_places(placement: Placement, clock: Clock) -> None:
    for move in Move.objects.filter(tenant_id=placement.pk, state=Move.State.DONE, source_removed_at=None):
        moves.remove_source(move, at=clock(), early=True)
    if Restore.objects.filter(
        tenant_id=placement.pk, state__in=("done", "undone"), forgotten_at=None
    ).exists():
        restoring.forget(placement.slug, at=clock(), early=True)


def _forget_people(tenant_id: int) -> None:
    """Users stay: they may belong elsewhere."""
    for model in (Membership, Invitation, Session, Wakeup, NextFiring):
        model.objects.filter(tenant_id=tenant_id).delete()
