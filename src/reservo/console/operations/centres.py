"""Centres made and changed by the operator; each deed is in the operator's trail and in the centre's own."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError

from reservo import tenancy
from reservo.audit.operations import record
from reservo.console import mails, trail
from reservo.core import mailaddress
from reservo.core.actor import Actor
from reservo.staff import operations as staff
from reservo.staff import rights
from reservo.staff.models import Role, StaffMember
from reservo.tenancy import directory
from reservo.tenancy.backends.guard import StaleEpoch
from reservo.tenancy.models import Placement
from reservo.tenancy.servers import StoreUnavailable
from reservo.tenants import operations as tenants
from reservo.tenants.models import StateChange

log = logging.getLogger(__name__)


class HasAdministrator(RuntimeError):
    """Somebody administers the centre: they invite whom they want, the operator does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """A centre that is wanted; `administrator` may be empty."""

    slug: str
    name: str
    country: str
    zone: str
    currency: str = ""
    language: str = "es"
    store: str = ""
    administrator_name: str = ""
    administrator: str = ""


def create(wanted: Founding, *, by: Actor, at: datetime) -> tenancy.Route:
    """A centre ready to use, and the invitation of its first administrator on its way.

    Raises what `tenants.operations.create_tenant` does, and InvalidAddress before anything is made.
    """
    if wanted.administrator:
        mailaddress.check(wanted.administrator)
    route = tenants.create_tenant(
        wanted.slug,
        name=wanted.name,
        country=wanted.country,
        zone=wanted.zone,
        currency=wanted.currency,
        language=wanted.language,
        store=wanted.store,
        at=at,
    )
    trail.note(
        "centre.created",
        "centre",
        route.tenant_id,
        name=route.slug,
        by=by,
        at=at,
        to=wanted.name,
        store=route.store,
    )
    if wanted.administrator:
        invite_administrator(route, wanted.administrator_name, wanted.administrator, by=by, at=at)
    return route


def invite_administrator(route: tenancy.Route, name: str, email: str, *, by: Actor, at: datetime) -> None:
    """Only while nobody administers the centre. Raises HasAdministrator, AlreadyStaff, InvalidAddress."""
    with tenancy.activate(route):
        if has_administrator():
            raise HasAdministrator(route.slug)
        waiting = StaffMember.objects.filter(email=email.strip().casefold(), user_id=None).first()
        if waiting is not None:
            staff.renew_invitation(waiting, at=at)
        else:
            role = Role.objects.get(builtin=rights.ADMINISTRATOR)
            staff.invite(name.strip() or email, email, staff.Place(role_id=role.pk), by=by, at=at)
    trail.note("centre.administrator", "centre", route.tenant_id, name=route.slug, by=by, at=at, to=email)


def has_administrator() -> bool:
    """Whether somebody in the active centre has accepted to administer it."""
    able = StaffMember.objects.filter(is_active=True, user_id__isnull=False, role__rights__right="users.edit")
    return able.exists()


def change_state(slug: str, state: str, *, reason: str, tell: bool, by: Actor, at: datetime) -> int:
    """Another state under a new epoch; how many of its people are told.

    Raises BadTenant, UnknownTenant, StateContested, StoreUnavailable.
    """
    before = directory.find(slug)
    route = tenants.set_state(slug, state, reason=reason, at=at)
    change = StateChange.objects.filter(tenant_id=route.tenant_id).latest("pk")
    told = mails.tell_users(change, at=at) if tell else 0
    details = {"from": before.state if before else "", "to": state, "reason": reason}
    trail.note("centre.state", "centre", route.tenant_id, name=slug, by=by, at=at, told=told, **details)
    note_in_centre(route, "centre.state", by=by, at=at, details=details)
    return told


def note_in_centre(route: tenancy.Route, action: str, *, by: Actor, at: datetime, details: dict) -> None:
    """The centre reads in its own trail what the operator did to it; one that is away is told nothing."""
    try:
        with tenancy.activate(route), tenancy.atomic():
            record(action, "centre", "", by=by, at=at, details=details)
    except (DatabaseError, StaleEpoch, StoreUnavailable):
        log.warning("the trail of centre %s could not be written", route.tenant_id)


def discard_unfinished(slug: str, *, by: Actor, at: datetime) -> bool:
    """What a creation that was killed left behind is taken away; False if there is nothing of the kind."""
    found = tenants.unfinished().filter(slug=slug).values_list("pk", flat=True).first()
    if found is None or not tenants.take_back_unfinished(slug):
        return False
    trail.note("centre.discarded", "centre", found, name=slug, by=by, at=at)
    return True


def placement_of(slug: str) -> Placement | None:
    return Placement.objects.select_related("store").filter(slug=slug).first()
