"""Making a centre and changing its state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import IntegrityError

from reservo import tenancy
from reservo.core import money, zones
from reservo.tenancy import connections, directory, namespaces, slugs
from reservo.tenancy.models import NamespaceEpoch, Placement
from reservo.tenants import founding, stores
from reservo.tenants.models import StateChange, Tenant


class TenantExists(ValueError):
    """The slug is taken."""


class BadTenant(ValueError):
    """A value is not one that a centre can have; the message says which."""


def create_tenant(
    slug: str,
    *,
    name: str,
    country: str,
    zone: str,
    currency: str = "",
    language: str = "es",
    store: str = "",
    at: datetime,
) -> tenancy.Route:
    """A new centre, ready to use, made from the template. `store` names its place; else the first pool with room.

    Raises BadTenant, BadSlug, TenantExists, NoRoom, UnknownStore, StoreUnavailable.
    """
    slugs.check(slug)
    currency = currency or money.BY_COUNTRY.get(country, "USD")
    _check(name, country, zone, currency, language)
    placement = _place(slug, zone, store)
    route = placement.route()
    try:
        namespaces.create(route)
        tenant = Tenant(placement.pk, name.strip(), country, currency, language, at)
        tenant.save(force_insert=True)
        with tenancy.activate(route), tenancy.atomic():
            founding.found(tenant, zone)
    except BaseException:
        take_back(placement)
        raise
    directory.forget(slug)
    return route


def take_in(
    slug: str,
    *,
    name: str,
    country: str,
    zone: str,
    currency: str,
    language: str,
    store: str = "",
    tenant_id: int | None = None,
    fill: Callable[[tenancy.Route], None],
    at: datetime,
) -> tenancy.Route:
    """A centre that exists already, from a backup or from another operator; `fill` makes its namespace.

    It is in maintenance until it is opened with `set_state`. Raises what `create_tenant` does, and what `fill` does.
    """
    slugs.check(slug)
    _check(name, country, zone, currency, language)
    placement = _place(slug, zone, store, state=Placement.State.MAINTENANCE, tenant_id=tenant_id)
    try:
        Tenant(placement.pk, name.strip(), country, currency, language, at).save(force_insert=True)
        fill(placement.route())
    except BaseException:
        take_back(placement)
        raise
    directory.forget(slug)
    return placement.route()


def set_state(slug: str, state: str, *, reason: str, at: datetime) -> tenancy.Route:
    """Open, close for maintenance, or disable a centre; nodes that still know the old state cannot write."""
    if state not in Placement.State.values:
        raise BadTenant(f"state: {state}")
    with tenancy.control(), tenancy.atomic():
        placement = Placement.objects.select_related("store").get(slug=slug)
        before = placement.route()
        placement.state = state
        placement.epoch += 1
        placement.save(update_fields=["state", "epoch"])
        StateChange.objects.create(tenant_id=placement.pk, state=state, reason=reason[:200], at=at)
        with tenancy.activate(before), tenancy.atomic():
            NamespaceEpoch.objects.filter(pk=1).update(epoch=placement.epoch)
    connections.close_for(placement.pk)
    directory.forget(slug)
    return placement.route()


def _check(name: str, country: str, zone: str, currency: str, language: str) -> None:
    if not name.strip() or len(name) > 80:
        raise BadTenant("name: 1 to 80 characters")
    if country not in money.BY_COUNTRY:
        raise BadTenant(f"country: one of {', '.join(sorted(money.BY_COUNTRY))}")
    if not zones.is_zone(zone):
        raise BadTenant(f"zone: {zone} is not an IANA zone")
    if currency not in money.CURRENCIES:
        raise BadTenant(f"currency: one of {', '.join(sorted(money.CURRENCIES))}")
    if language not in ("es", "en"):
        raise BadTenant("language: es or en")


def _place(
    slug: str,
    zone: str,
    wanted: str,
    *,
    state: str = Placement.State.ACTIVE,
    tenant_id: int | None = None,
) -> Placement:
    with tenancy.control(), tenancy.atomic():
        store = stores.store_for_new(wanted)
        namespace = namespaces.name_for(store.engine, slug)
        try:
            with tenancy.atomic():
                return Placement.objects.create(
                    pk=tenant_id, slug=slug, store=store, namespace=namespace, zone=zone, state=state
                )
        except IntegrityError as taken:
            raise TenantExists(slug) from taken


def take_back(placement: Placement) -> None:
    """Remove a centre that never came to be, and whatever there is of it."""
    connections.close_for(placement.pk)
    Tenant.objects.filter(pk=placement.pk).delete()
    namespaces.remove(placement.route())
    placement.delete()
