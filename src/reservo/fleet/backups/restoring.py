"""Giving a centre an earlier state, or making a new one of a backup. What was there before is kept until forgotten.

The restored state is filled and compared beside the present one, which goes on working. Then writers wait for a
moment: what went out into the world since the backup is carried over, and the centre is flipped to its new place under
a new epoch. A restore that was stopped at any point is aborted with nothing lost.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import DatabaseError, IntegrityError

from reservo import tenancy
from reservo.accounts.models import Membership
from reservo.adapters import files
from reservo.fleet import arrivals, copies
from reservo.fleet.backups import identity, world
from reservo.fleet.backups.manifests import CENTRE, Manifest
from reservo.fleet.backups.refusals import CannotRestore, ForeignBackup
from reservo.fleet.backups.sources import Opened, Source, opened
from reservo.fleet.epochs import AHEAD
from reservo.fleet.models import Move, Restore
from reservo.fleet.moves import planning
from reservo.fleet.schemas import applying
from reservo.fleet.schemas import planning as migrations
from reservo.jobs import scheduler, wakeups
from reservo.tenancy import connections, directory, namespaces
from reservo.tenancy.models import NamespaceEpoch, Placement, Store
from reservo.tenancy.servers import StoreUnavailable
from reservo.tenants import operations as tenants
from reservo.tenants import stores

State = Restore.State
Clock = Callable[[], datetime]
OTHER_STATE_KEPT = timedelta(days=7)
UNFINISHED = 0  # the epoch of a namespace that is being filled: nobody else comes in under it


def over_itself(
    slug: str,
    source: Source,
    *,
    store: str = "",
    clock: Clock,
    progress: copies.Progress = lambda: None,
) -> Restore:
    """The centre as it was, in its store or another one. The state that it had is kept: `undo` brings it back.

    Raises ForeignBackup, CannotRestore, UnknownStore, NoRoom, StoreUnavailable, and what `sources.opened` does;
    then nothing has changed.
    """
    placement = _placement(slug)
    with opened(source, progress=progress) as backup:
        _refuse_foreign(backup.manifest, placement)
        restore = _begin(placement, source, backup.manifest, store, at=clock())
        try:
            target = _route(restore, restore.after_store, restore.after_namespace, UNFINISHED)
            copies.load(backup.route, target, expected=backup.tables, row_by_row=False, progress=progress)
            put_files_back(backup, slug)
            _flip(restore, placement, target, clock)
        except BaseException:
            if Restore.objects.filter(pk=restore.pk, state=State.LOADING).exists():
                abort(slug, at=clock())
            raise
    _take_up(placement.pk, at=clock())
    return restore


def as_new(
    slug: str, source: Source, *, store: str = "", clock: Clock, progress: copies.Progress = lambda: None
) -> tenancy.Route:
    """Another centre with the state of the backup, in maintenance until somebody opens it.

    Raises BadSlug, TenantExists, NoRoom, UnknownStore, StoreUnavailable, and what `sources.opened` does.
    """
    with opened(source, progress=progress) as backup:
        if backup.manifest.kind != CENTRE:
            raise ForeignBackup("it is of the control plane; use `reservo rebuild`")
        return take_in(slug, backup, store=store, row_by_row=False, at=clock(), progress=progress)


def take_in(
    slug: str,
    backup: Opened,
    *,
    store: str,
    row_by_row: bool,
    at: datetime,
    tenant_id: int | None = None,
    progress: copies.Progress = lambda: None,
) -> tenancy.Route:
    """A centre out of an opened backup or export."""
    manifest = backup.manifest
    is_copy = _goes_on_here(manifest)

    def fill(route: tenancy.Route) -> None:
        filling = dataclasses.replace(route, epoch=UNFINISHED)
        copies.load(backup.route, filling, expected=backup.tables, row_by_row=row_by_row, progress=progress)
        put_files_back(backup, slug)
        users = arrivals.welcome(manifest.people, route.tenant_id, at=at)
        with tenancy.activate(filling), tenancy.atomic():
            arrivals.settle(users)
            arrivals.tell_again(at=at)
            if is_copy:
                world.drop_work()
        set_epoch(filling, route.epoch)

    route = tenants.take_in(
        slug, **manifest.facts, zone=manifest.zone, store=store, tenant_id=tenant_id, fill=fill, at=at
    )
    wake(route.tenant_id, at=at)
    return route


def undo(slug: str, *, clock: Clock) -> Restore:
    """The state from before the restore comes back; the restored one is kept in its stead. Raises CannotRestore."""
    restore = last_restore(slug)
    if restore.state != State.DONE or restore.forgotten_at:
        raise CannotRestore("no_other_state")
    placement = _placement(slug)
    with tenancy.control(), tenancy.atomic():
        _refuse_moving(placement)
    before = _route(restore, restore.before_store, restore.before_namespace, placement.epoch)
    if _readable(before) is None:
        raise CannotRestore("other_state_lost", store=restore.before_store)
    _bring_up(before)
    _swap(restore, placement, before, State.UNDONE, clock)
    _take_up(placement.pk, at=clock())
    return restore


def _bring_up(other: tenancy.Route) -> None:
    """A release may have come since this place was left."""
    here = _readable(other)
    if here is not None:
        applying.bring_up(here)


def forget(slug: str, *, at: datetime, early: bool = False) -> Restore:
    """Delete the state that is not in use, a week after the restore at the soonest. Raises CannotRestore."""
    restore = last_restore(slug)
    if restore.state not in (State.DONE, State.UNDONE) or restore.forgotten_at or restore.ended_at is None:
        raise CannotRestore("no_other_state")
    if not early and at < restore.ended_at + OTHER_STATE_KEPT:
        until = restore.ended_at + OTHER_STATE_KEPT
        raise CannotRestore("kept", until=f"{until:%Y-%m-%d %H:%M}")
    side = "before" if restore.state == State.DONE else "after"
    namespaces.remove(
        _route(restore, getattr(restore, f"{side}_store"), getattr(restore, f"{side}_namespace"), UNFINISHED)
    )
    restore.forgotten_at = at
    restore.save(update_fields=["forgotten_at"])
    return restore


def abort(slug: str, *, at: datetime) -> Restore:
    """Give up a restore (or its undoing) that was stopped before its end: the centre goes on as it was.

    A half-filled place whose store is away stays there, and the report names it.

    Raises CannotRestore if none was.
    """
    placement = _placement(slug)
    healed = _heal(placement)
    restore = Restore.objects.filter(slug=slug, state=State.LOADING).first()
    if restore is None and healed:
        return last_restore(slug)
    if restore is None:
        raise CannotRestore("not_restoring", centre=slug)
    try:
        copies.discard(_route(restore, restore.after_store, restore.after_namespace, UNFINISHED))
    except StoreUnavailable:
        left = f"{restore.after_namespace} in {restore.after_store}, which does not answer"
        restore.report = {**restore.report, "copy_left": left}
    restore.state, restore.open_for, restore.ended_at = State.ABORTED, None, at
    restore.save(update_fields=["state", "open_for", "ended_at", "report"])
    return restore


def _heal(placement: Placement) -> bool:
    """The place was closed under the next epoch and nothing followed: that epoch is the one that holds."""
    present = _readable(placement.route())
    if present is None or present.epoch in (placement.epoch, UNFINISHED):
        return False
    with tenancy.control(), tenancy.atomic():
        Placement.objects.filter(pk=placement.pk).update(epoch=present.epoch)
    directory.forget(placement.slug)
    return True


def unfinished() -> list[Placement]:
    """Centres that a restore or an import was making when it was stopped."""
    waiting = Placement.objects.select_related("store").filter(state=Placement.State.MAINTENANCE)
    return [placement for placement in waiting if _is_unfinished(placement)]


def take_back(slug: str) -> None:
    """Remove a centre whose making was stopped. Raises CannotRestore for any other."""
    placement = _placement(slug)
    if placement.state != Placement.State.MAINTENANCE or not _is_unfinished(placement):
        raise CannotRestore("not_unfinished", centre=slug)
    Membership.objects.filter(tenant_id=placement.pk).delete()
    copies.discard(placement.route())
    tenants.take_back(placement)
    directory.forget(slug)


def _is_unfinished(placement: Placement) -> bool:
    try:
        if not namespaces.exists(placement.route()):
            return not Restore.objects.filter(tenant_id=placement.pk).exists() and placement.epoch == 1
        return epoch_of(placement.route()) == UNFINISHED
    except (DatabaseError, StoreUnavailable, OSError):
        return False


def last_restore(slug: str) -> Restore:
    """Raises CannotRestore."""
    found = Restore.objects.filter(slug=slug).exclude(state=State.ABORTED).order_by("-pk").first()
    if found is None:
        raise CannotRestore("never_restored", centre=slug)
    return found


def put_files_back(backup: Opened, slug: str) -> None:
    """Those of the backup that are not there; newer ones stay too."""
    store = files.current()
    here = set(store.names(slug))
    for part in backup.manifest.files:
        if part.name not in here:
            store.write(f"{slug}/{part.name}", backup.content(part.name))


def _placement(slug: str) -> Placement:
    placement = Placement.objects.select_related("store").filter(slug=slug).first()
    if placement is None:
        raise CannotRestore("no_centre", centre=slug)
    return placement


def _refuse_foreign(manifest: Manifest, placement: Placement) -> None:
    if manifest.kind != CENTRE:
        raise ForeignBackup("it is of the control plane, not of a centre")
    if manifest.installation != identity.own():
        raise ForeignBackup(f"it is of {manifest.slug} of another installation; restore it as a new centre")
    if manifest.tenant_id != placement.pk:
        raise ForeignBackup(f"it is of {manifest.slug}, not of {placement.slug}; restore it as a new centre")


def _goes_on_here(manifest: Manifest) -> bool:
    """Whether the centre that the backup is of is one of ours, so that this one is a copy beside it."""
    return (
        manifest.installation == identity.own() and Placement.objects.filter(pk=manifest.tenant_id).exists()
    )


def _begin(
    placement: Placement, source: Source, manifest: Manifest, store_name: str, *, at: datetime
) -> Restore:
    if migrations.is_under_way(placement.pk):
        raise CannotRestore("migrating", centre=placement.slug)
    store = _store(placement, store_name)
    try:
        with tenancy.control(), tenancy.atomic():
            _refuse_moving(placement)
            if promoted := planning.promoted_among(placement.store.name, store.name):
                raise CannotRestore("promoting", store=promoted)
            return Restore.objects.create(
                tenant_id=placement.pk,
                slug=placement.slug,
                open_for=placement.pk,
                source=source.label[:300],
                data_of=manifest.taken_at,
                before_store=placement.store.name,
                before_namespace=placement.namespace,
                after_store=store.name,
                after_namespace=namespaces.name_for(store.engine, placement.slug),
                started_at=at,
            )
    except IntegrityError as open_one:
        raise CannotRestore("restoring", centre=placement.slug) from open_one


def _refuse_moving(placement: Placement) -> None:
    planning.hold(placement)
    if Move.objects.filter(open_for=placement.pk).exists():
        raise CannotRestore("moving", centre=placement.slug)


def _store(placement: Placement, name: str) -> Store:
    if not name or name == placement.store.name:
        return placement.store
    with tenancy.control(), tenancy.atomic():
        return stores.store_for_new(name)


def _flip(restore: Restore, placement: Placement, target: tenancy.Route, clock: Clock) -> None:
    present = _readable(placement.route())
    epoch = (present.epoch if present else placement.epoch) + AHEAD
    if present is not None:
        set_epoch(present, epoch)
        closed = dataclasses.replace(present, epoch=epoch)
        restore.report = {"carried": world.carry(closed, target, data_of=restore.data_of)}
    else:
        restore.report = {"present_state": "could not be read: mail that left since may be sent again"}
    restore.report["epoch"] = epoch
    _point_to(restore, target, epoch, State.DONE, clock)


def _swap(restore: Restore, placement: Placement, to: tenancy.Route, state: str, clock: Clock) -> None:
    """Both places get the next epoch, the one that is left first; what went out since the restore stays so."""
    present, other = _readable(placement.route()), _readable(to)
    epoch = max(route.epoch for route in (present, other, placement.route()) if route) + AHEAD
    if present is not None:
        set_epoch(present, epoch)
    if present is not None and other is not None:
        closed = dataclasses.replace(present, epoch=epoch)
        carried = world.carry(closed, other, data_of=restore.ended_at or restore.started_at)
        restore.report |= {"carried_back": carried}
    _point_to(restore, to, epoch, state, clock)


def _point_to(restore: Restore, target: tenancy.Route, epoch: int, state: str, clock: Clock) -> None:
    here = _readable(target)
    if here is None:
        raise CannotRestore("unreadable", namespace=target.namespace)
    set_epoch(here, epoch)
    restore.state, restore.open_for, restore.ended_at = state, None, clock()
    with tenancy.control(), tenancy.atomic():
        store = Store.objects.get(name=target.store)
        Placement.objects.filter(pk=target.tenant_id).update(
            store=store, namespace=target.namespace, epoch=epoch, schema=namespaces.tenant_schema()
        )
        restore.save()
    directory.forget(target.slug)
    connections.close_for(target.tenant_id)


def epoch_of(route: tenancy.Route) -> int:
    """What the place itself says. Raises what cannot be read of it."""
    with tenancy.activate(route):
        epoch: int = NamespaceEpoch.objects.values_list("epoch", flat=True).get()
    return epoch


def _readable(route: tenancy.Route) -> tenancy.Route | None:
    """The place under whichever epoch it has; None if it cannot be read."""
    try:
        if not namespaces.exists(route):
            return None
        return dataclasses.replace(route, epoch=epoch_of(route))
    except (DatabaseError, StoreUnavailable, OSError, NamespaceEpoch.DoesNotExist):
        connections.close_for(route.tenant_id)
        return None


def set_epoch(here: tenancy.Route, epoch: int) -> None:
    """Waits for writers that are at work; those that come after are refused."""
    if here.epoch != epoch:
        with tenancy.activate(here), tenancy.atomic():
            namespaces.wait_alone(here)
            NamespaceEpoch.objects.filter(pk=1).update(epoch=epoch)


def _route(restore: Restore, store_name: str, namespace: str, epoch: int) -> tenancy.Route:
    store = stores.named(store_name)
    placement = Placement.objects.get(pk=restore.tenant_id)
    return dataclasses.replace(
        placement.route(),
        epoch=epoch,
        engine=store.engine,
        address=store.address,
        namespace=namespace,
        store=store.name,
        schema="",
    )


def _take_up(tenant_id: int, *, at: datetime) -> None:
    """The centre goes on with other data than before."""
    route = directory.by_id(tenant_id)
    if route is not None:
        with tenancy.activate(route):
            arrivals.tell_again(at=at)
    wake(tenant_id, at=at)


def wake(tenant_id: int, *, at: datetime) -> None:
    wakeups.hint(tenant_id, at)
    scheduler.look_at(tenant_id, at=at)
