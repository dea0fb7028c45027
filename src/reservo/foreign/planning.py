"""Whether a customer can be brought, and what an import would read; what is known of imports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError

from reservo import tenancy
from reservo.foreign.mapping import Centre, Mapping
from reservo.foreign.models import Finding, Import
from reservo.foreign.source import Source
from reservo.tenancy.models import Placement
from reservo.tenants import operations, stores

FINDINGS_AT_ONCE = 2_000
State = Import.State


class CannotImport(ValueError):
    """The import makes no sense; the message says why."""


class NoSuchImport(LookupError):
    """The centre has none, or not one that allows this."""


class OtherMapping(CannotImport):
    """The mapping is not the one that the import was begun with."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be read: rows by kind."""

    centre: Centre
    rows: dict[str, int]


def preview(mapping: Mapping, slug: str, source: Source) -> Plan:
    """Checks everything and writes nothing. Raises CannotImport, BadMapping, SourceGone, UnknownStore."""
    centre = mapping.centre(slug)
    if Placement.objects.filter(slug=slug).exists():
        raise CannotImport(f"there is a centre {slug} already")
    if centre.store:
        stores.named(centre.store)
    for table in mapping.tables.values():
        source.check(table)
    counts = {kind: source.count(table, centre.customer) for kind, table in mapping.tables.items()}
    if not any(counts.values()):
        raise CannotImport(f"customer {centre.customer} has no rows over there")
    return Plan(centre, counts)


def plan(mapping: Mapping, slug: str, source: Source, *, at: datetime) -> Import:
    """The open import of this slug, or a new one. Raises what `preview` does, and OtherMapping."""
    begun = Import.objects.filter(open_for=slug).first()
    if begun is not None:
        return _same(begun, mapping)
    centre = preview(mapping, slug, source).centre
    try:
        with tenancy.control(), tenancy.atomic():
            return Import.objects.create(
                slug=slug,
                open_for=slug,
                customer=centre.customer,
                mapping_hash=mapping.hash,
                store=centre.store,
                started_at=at,
            )
    except IntegrityError as other:
        raise CannotImport(f"another import of {slug} began at this moment") from other


def _same(begun: Import, mapping: Mapping) -> Import:
    if begun.mapping_hash != mapping.hash or begun.customer != mapping.centre(begun.slug).customer:
        raise OtherMapping(
            f"{begun.slug} was begun with another mapping: use that, or --abort and begin again"
        )
    return begun


def import_of(slug: str) -> Import:
    """The latest. Raises NoSuchImport."""
    found = Import.objects.filter(slug=slug).order_by("-pk").first()
    if found is None:
        raise NoSuchImport(slug)
    return found


def done(slug: str) -> Import | None:
    """The import that made the centre of this slug; none if it is not over, or another made it."""
    keys = Placement.objects.filter(slug=slug).values("pk")
    return Import.objects.filter(slug=slug, state=State.DONE, placement_id__in=keys).first()


def waiting(mapping: Mapping) -> list[str]:
    """Slugs of the list that are not done yet: those that were begun first, and none that waits for a decision."""
    done = set(Import.objects.filter(state__in=(State.DONE, State.REFUSED)).values_list("slug", flat=True))
    begun = set(Import.objects.filter(open_for__isnull=False).values_list("slug", flat=True))
    listed = [centre.slug for centre in mapping.centres if centre.slug not in done]
    return sorted(listed, key=lambda slug: slug not in begun)


def findings(begun: Import) -> Iterator[Finding]:
    """All that was not brought as it was, in the order in which it was met. Raises NoSuchImport."""
    route = route_of(begun)
    after = 0
    while True:
        with tenancy.activate(route):
            page = list(Finding.objects.filter(pk__gt=after).order_by("pk")[:FINDINGS_AT_ONCE])
        yield from page
        if len(page) < FINDINGS_AT_ONCE:
            return
        after = page[-1].pk


def route_of(begun: Import) -> tenancy.Route:
    """Of the centre that the import made. Raises NoSuchImport."""
    placement = Placement.objects.select_related("store").filter(pk=begun.placement_id).first()
    if placement is None:
        raise NoSuchImport(begun.slug)
    return placement.route()


def reserve(begun: Import, centre: Centre) -> tenancy.Route:
    """The centre's address and place. Raises what `tenants.operations.reserve` does."""

    def note(placement: Placement) -> None:
        Import.objects.filter(pk=begun.pk).update(placement_id=placement.pk, state=State.PLACED)

    return operations.reserve(
        centre.slug,
        name=centre.name,
        country=centre.country,
        zone=centre.zone,
        currency=centre.currency,
        language=centre.language,
        store=centre.store,
        note=note,
        at=begun.started_at,
    )
