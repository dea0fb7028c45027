"""Making a centre and changing its state."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import IntegrityError
from django.db.models import QuerySet

from reservo import tenancy
from reservo.adapters import bus
from reservo.core import money, zones
from reservo.jobs import recurring
from reservo.tenancy import connections, directory, namespaces, slugs
from reservo.tenancy.models import Placement
from reservo.tenancy.servers import StoreUnavailable
from reservo.tenants import founding, stores
from reservo.tenants.models import StateChange, Tenant

log = logging.getLogger(__name__)

MOST_TRIES = 5
LANGUAGES = ("es", "en")


class TenantExists(ValueError):
    """The slug is taken."""


class BadTenant(ValueError):
    """A value is not one that a centre can have; the message says which."""


class UnknownTenant(LookupError):
    """There is no centre of this slug."""


class StateContested(RuntimeError):
    """Others kept changing the centre's state; nothing was changed here."""


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
    placement = _place(slug, zone, language, store)
    try:
        namespaces.create(placement.route())
        tenant = Tenant(placement.pk, name.strip(), country, currency, language, at)
        with tenancy.activate(placement.route()), tenancy.atomic():
            founding.found(tenant, zone)
        _open(placement, tenant)
    except BaseException:
        _take_back_new(placement)
        raise
    directory.forget(slug)
    return placement.route()


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
    placement = _place(slug, zone, language, store, tenant_id=tenant_id)
    try:
        Tenant(placement.pk, name.strip(), country, currency, language, at).save(force_insert=True)
        fill(placement.route())
    except BaseException:
        take_back(placement)
        raise
    directory.forget(slug)
    return placement.route()


def reserve(
    slug: str,
    *,
    name: str,
    country: str,
    zone: str,
    currency: str,
    language: str,
    store: str = "",
    note: Callable[[Placement], object],
    at: datetime,
) -> tenancy.Route:
    """The address and place of a centre that is to be filled over a long time, in maintenance; no namespace yet.

    `note` runs in the same transaction, so that whoever fills it finds it again after a kill.
    Raises BadTenant, BadSlug, TenantExists, NoRoom, UnknownStore.
    """
    slugs.check(slug)
    currency = currency or money.BY_COUNTRY.get(country, "USD")
    _check(name, country, zone, currency, language)
    with tenancy.control(), tenancy.atomic():
        placement = _place(slug, zone, language, store)
        Tenant(placement.pk, name.strip(), country, currency, language, at).save(force_insert=True)
        note(placement)
    directory.forget(slug)
    return placement.route()


def found_in(route: tenancy.Route) -> None:
    """Make the namespace of a reserved centre from the template, as a new centre has it. Can be done again."""
    tenant = Tenant.objects.get(pk=route.tenant_id)
    connections.close_for(route.tenant_id)
    namespaces.remove(route)
    made_of = namespaces.tenant_schema()
    Placement.objects.filter(pk=route.tenant_id).update(schema=made_of, first_schema=made_of)
    namespaces.create(route)
    with tenancy.activate(route), tenancy.atomic():
        founding.found(tenant, route.zone)


def take_back_unfinished(slug: str) -> bool:
    """Remove what a creation that was killed left behind; False if there is nothing of the kind.

    Not for one that is still being made: only a person who knows that nothing makes it may ask for this.
    """
    found = unfinished().select_related("store").filter(slug=slug).first()
    if found is not None:
        _take_back_new(found)
    return found is not None


def unfinished() -> QuerySet[Placement]:
    """Places of centres that are being made, or were when something was killed."""
    return Placement.objects.exclude(pk__in=Tenant.objects.values("pk"))


def set_state(slug: str, state: str, *, reason: str, at: datetime) -> tenancy.Route:
    """Open, close for maintenance, or disable a centre; nodes that still know the old state cannot write.

    The namespace comes first and is waited for without any lock of the control plane: writers under way need that.
    After a crash between the two nobody writes until this is done again.
    Raises BadTenant, UnknownTenant, StateContested.
    """
    if state not in Placement.State.values:
        raise BadTenant(f"state: {state}")
    for _ in range(MOST_TRIES):
        before = Placement.objects.select_related("store").filter(slug=slug).first()
        if before is None:
            raise UnknownTenant(slug)
        namespaces.raise_epoch(before.route(), before.epoch + 1)
        if _note_state(before, state, reason, at):
            connections.close_for(before.pk)
            directory.forget(slug)
            bus.current().publish("tenant", {"tenant": before.pk})
            return _route_of(before.pk)
    raise StateContested(slug)


def set_zone(tenant_id: int, zone: str, *, at: datetime) -> None:
    """The zone that work of the whole centre recurs in; the scheduler looks again. Raises BadTenant, UnknownTenant.

    The epoch stays: which node writes does not depend on it, and a node hears of it within a second.
    """
    if not zones.is_zone(zone):
        raise BadTenant(f"zone: {zone} is not an IANA zone")
    _note(tenant_id, zone=zone)
    recurring.look_again(tenant_id, at)


def set_language(tenant_id: int, language: str) -> None:
    """What its pages speak to those who ask for no language of ours; each node hears of it within a second.

    Raises BadTenant, UnknownTenant.
    """
    if language not in LANGUAGES:
        raise BadTenant(f"language: one of {', '.join(LANGUAGES)}")
    with tenancy.control(), tenancy.atomic():
        _note(tenant_id, language=language)
        Tenant.objects.filter(pk=tenant_id).update(language=language)


def set_frame_sites(tenant_id: int, sites: list[str]) -> None:
    """Which sites show its booking page, known while its own data are out of reach. Raises UnknownTenant."""
    _note(tenant_id, frame_sites=" ".join(sites))


def _note(tenant_id: int, **facts: str) -> None:
    if not Placement.objects.filter(pk=tenant_id).update(**facts):
        raise UnknownTenant(str(tenant_id))
    directory.forget()


def _note_state(before: Placement, state: str, reason: str, at: datetime) -> bool:
    """False if somebody else changed the state meanwhile."""
    with tenancy.control(), tenancy.atomic():
        as_read = Placement.objects.filter(pk=before.pk, epoch=before.epoch)
        if not as_read.update(state=state, epoch=before.epoch + 1):
            return False
        StateChange.objects.create(tenant_id=before.pk, state=state, reason=reason[:200], at=at)
    return True


def _route_of(placement_id: int) -> tenancy.Route:
    return Placement.objects.select_related("store").get(pk=placement_id).route()


def _check(name: str, country: str, zone: str, currency: str, language: str) -> None:
    if not name.strip() or len(name) > 80:
        raise BadTenant("name: 1 to 80 characters")
    if country not in money.BY_COUNTRY:
        raise BadTenant(f"country: one of {', '.join(sorted(money.BY_COUNTRY))}")
    if not zones.is_zone(zone):
        raise BadTenant(f"zone: {zone} is not an IANA zone")
    if currency not in money.CURRENCIES:
        raise BadTenant(f"currency: one of {', '.join(sorted(money.CURRENCIES))}")
    if language not in LANGUAGES:
        raise BadTenant(f"language: one of {', '.join(LANGUAGES)}")


def _place(
    slug: str,
    zone: str,
    language: str,
    wanted: str,
    *,
    tenant_id: int | None = None,
) -> Placement:
    with tenancy.control(), tenancy.atomic():
        store = stores.store_for_new(wanted)
        namespace = namespaces.name_for(store.engine, slug)
        try:
            with tenancy.atomic():
                return Placement.objects.create(
                    pk=tenant_id,
                    slug=slug,
                    store=store,
                    namespace=namespace,
                    zone=zone,
                    language=language,
                    state=Placement.State.MAINTENANCE,
                    schema=namespaces.tenant_schema(),
                    first_schema=namespaces.tenant_schema(),
                )
        except IntegrityError as taken:
            raise TenantExists(slug) from taken


def _open(placement: Placement, tenant: Tenant) -> None:
    """Known to the operator and to nodes in one step, when everything is in place."""
    with tenancy.control(), tenancy.atomic():
        tenant.save(force_insert=True)
        placement.state = Placement.State.ACTIVE
        placement.save(update_fields=["state"])


def _take_back_new(placement: Placement) -> None:
    """Of a centre that nobody has used: what a store that is away may hold of it is empty, and in nobody's way."""
    try:
        take_back(placement)
    except StoreUnavailable:
        what = "%s is given up; what was made of it may stay in %s as %s, as the store does not answer"
        log.warning(what, placement.slug, placement.store.name, placement.namespace)
        placement.delete()


def take_back(placement: Placement) -> None:
    connections.close_for(placement.pk)
    Tenant.objects.filter(pk=placement.pk).delete()
    namespaces.remove(placement.route())
    placement.delete()
