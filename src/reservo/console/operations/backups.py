"""Backups asked for, and centres given back from one; keeper and porter do the work."""

from __future__ import annotations

from datetime import datetime

from reservo.console import trail
from reservo.console.queries.work import OWN
from reservo.core.actor import Actor
from reservo.fleet import orders
from reservo.fleet.backups import restoring, running
from reservo.fleet.models import Backup, Order, Restore
from reservo.tenancy import slugs
from reservo.tenancy.models import Placement
from reservo.tenants.operations import TenantExists, UnknownTenant


class NotUsable(ValueError):
    """This backup failed, is gone, or is of the control plane: no centre can be made of it."""


def back_up(slug: str, *, by: Actor, at: datetime) -> Backup:
    """The keeper takes it next. Raises UnknownTenant."""
    tenant_id = 0 if slug == OWN else Placement.objects.filter(slug=slug).values_list("pk", flat=True).first()
    if tenant_id is None:
        raise UnknownTenant(slug)
    backup = running.ask(tenant_id, "" if slug == OWN else slug, due_on=None, at=at)
    trail.note("backup.asked", "centre", tenant_id, name=slug, by=by, at=at)
    return backup


def restore(backup: Backup, *, reason: str, by: Actor, at: datetime) -> Order:
    """The centre gets the state of this backup. Raises NotUsable, UnknownTenant, AlreadyOrdered."""
    _refuse_useless(backup)
    slug = Placement.objects.filter(pk=backup.tenant_id).values_list("slug", flat=True).first()
    if slug is None:
        raise UnknownTenant(backup.slug)
    about = orders.about_centre(slug)
    order = orders.ask(
        orders.RESTORE, slug, about=about, facts={"backup": backup.pk}, reason=reason, by=by, at=at
    )
    trail.note(
        "restore.ordered",
        "centre",
        backup.tenant_id,
        name=slug,
        by=by,
        at=at,
        to=_moment(backup),
        reason=reason,
    )
    return order


def restore_as_new(backup: Backup, slug: str, *, store: str, by: Actor, at: datetime) -> Order:
    """Another centre with its state, in maintenance. Raises NotUsable, BadSlug, TenantExists, AlreadyOrdered."""
    _refuse_useless(backup)
    slugs.check(slug)
    if Placement.objects.filter(slug=slug).exists():
        raise TenantExists(slug)
    facts = {"backup": backup.pk, "new": slug, "store": store}
    order = orders.ask(
        orders.RESTORE_AS_NEW, slug, about=orders.about_centre(slug), facts=facts, by=by, at=at
    )
    trail.note(
        "restore.new",
        "centre",
        backup.tenant_id,
        name=backup.slug,
        by=by,
        at=at,
        to=f"{slug}: {_moment(backup)}",
    )
    return order


def undo(restored: Restore, *, reason: str, by: Actor, at: datetime) -> Order:
    """The state from before the restore comes back. Raises CannotRestore, AlreadyOrdered."""
    if restored.state != Restore.State.DONE or restored.forgotten_at:
        raise restoring.CannotRestore("no_other_state")
    facts = {"restore": restored.pk}
    about = orders.about_centre(restored.slug)
    order = orders.ask(
        orders.RESTORE_UNDO, restored.slug, about=about, facts=facts, reason=reason, by=by, at=at
    )
    trail.note(
        "restore.undone", "centre", restored.tenant_id, name=restored.slug, by=by, at=at, reason=reason
    )
    return order


def _refuse_useless(backup: Backup) -> None:
    if not backup.is_usable or not backup.tenant_id:
        raise NotUsable(str(backup))


def _moment(backup: Backup) -> str:
    return f"{backup.taken_at:%Y-%m-%d %H:%M} UTC"
