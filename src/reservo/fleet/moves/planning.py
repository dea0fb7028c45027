"""Whether and where a centre can move; what is left of a move when it is over."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import IntegrityError
from django.db.models import F, Q

from reservo import tenancy
from reservo.fleet import rows
from reservo.fleet.epochs import AHEAD
from reservo.fleet.models import Move, Promotion, Restore
from reservo.fleet.reasons import Reasoned
from reservo.fleet.schemas import planning as migrations
from reservo.tenancy import namespaces
from reservo.tenancy.models import Placement, Store
from reservo.tenancy.servers import Finding
from reservo.tenants import stores

SOURCE_KEPT = timedelta(days=7)
State = Move.State


class CannotMove(Reasoned, ValueError):
    """The move makes no sense; the message says why at a terminal, `reason` and `facts` say it to programs."""

    WORDS: ClassVar = {
        "restoring": "{centre} is being restored; wait for its end or abort that first",
        "no_centre": "there is no centre {centre}",
        "there_already": "{centre} is in {store} already",
        "disabled": "{centre} is disabled: set it active or to maintenance first",
        "migrating": "{centre} is being migrated; try again in a moment",
        "promoting": "the standby of {store} is becoming its primary; end that first",
        "draining": "{store} takes no new centres: it is being drained",
        "full": "{store} is full ({capacity})",
        "unfit": "{store}: {what}: no. {mend}",
        "kept": "the old place is kept until {until} UTC",
    }


class AlreadyMoving(RuntimeError):
    """The centre has an open move: finish or abort it first."""


class NoSuchMove(LookupError):
    """The centre has none, or not one that allows this."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a move would copy: rows by table."""

    source: str
    target: str
    rows: dict[str, int]


def preview(slug: str, target: str) -> Plan:
    """Checks everything and writes nothing. Raises CannotMove, UnknownStore, StoreUnavailable."""
    placement = _movable(slug, stores.named(target))
    with tenancy.activate(placement.route()):
        counts = {model._meta.db_table: model._base_manager.count() for model in rows.tables()}
    return Plan(placement.store.name, target, counts)


def plan(slug: str, target: str, *, at: datetime) -> Move:
    """A move that `run` carries out. Raises CannotMove, AlreadyMoving, UnknownStore, StoreUnavailable."""
    store = stores.named(target)
    placement = _movable(slug, store)
    namespaces.exists(placement.route())  # a place that is away is told before anything is noted
    try:
        with tenancy.control(), tenancy.atomic():
            hold(placement)
            _refuse_busy(placement, store)
            _refuse_full(store)
            return Move.objects.create(
                tenant_id=placement.pk,
                slug=slug,
                open_for=placement.pk,
                source_store=placement.store.name,
                source_namespace=placement.namespace,
                target_store=store.name,
                target_namespace=namespaces.name_for(store.engine, slug),
                epoch_before=placement.epoch,
                started_at=at,
            )
    except IntegrityError as moving:
        raise AlreadyMoving(slug) from moving


def _movable(slug: str, store: Store) -> Placement:
    placement = Placement.objects.select_related("store").filter(slug=slug).first()
    if placement is None:
        raise CannotMove("no_centre", centre=slug)
    if placement.store_id == store.pk:
        raise CannotMove("there_already", centre=slug, store=store.name)
    if placement.state == Placement.State.DISABLED:
        raise CannotMove("disabled", centre=slug)
    if migrations.is_under_way(placement.pk):
        raise CannotMove("migrating", centre=slug)
    if store.is_draining:
        raise CannotMove("draining", store=store.name)
    _refuse_full(store)
    _refuse_unfit(store.name, stores.check(store.name))
    here = placement.store.name
    _refuse_unfit(here, [finding for finding in stores.check(here) if finding.key == "may_note"])
    return placement


def _refuse_unfit(store: str, findings: list[Finding]) -> None:
    for bad in findings:
        if not bad.well:
            raise CannotMove("unfit", store=store, what=bad.what, mend=bad.mend, found=bad)


def _refuse_busy(placement: Placement, store: Store) -> None:
    if Restore.objects.filter(open_for=placement.pk).exists():
        raise CannotMove("restoring", centre=placement.slug)
    if promoted := promoted_among(placement.store.name, store.name):
        raise CannotMove("promoting", store=promoted)


def promoted_among(*stores: str) -> str:
    """The one of these whose standby is taking its primary's place; empty if none is."""
    promotion = Promotion.objects.filter(open_for__in=stores).first()
    return promotion.store if promotion else ""


def start_over(store: str) -> None:
    """Inside the transaction in which a standby takes the place of the store's primary, under epochs that are `AHEAD`.

    What was copied of or to the server that is left says nothing of the standby, which may lack the last of it.
    """
    coming = Move.objects.filter(flipped_at=None).exclude(open_for=None)
    coming.filter(source_store=store).update(epoch_before=F("epoch_before") + AHEAD)
    touched = coming.filter(Q(source_store=store) | Q(target_store=store))
    touched.update(state=State.PLANNED, positions={}, digests={}, rows=0)


def _refuse_full(store: Store) -> None:
    """Centres that are on their way to it have their room already."""
    coming = Move.objects.filter(target_store=store.name, flipped_at=None).exclude(open_for=None).count()
    if store.placements.count() + coming >= store.capacity:
        raise CannotMove("full", store=store.name, capacity=store.capacity)


def hold(placement: Placement) -> None:
    """Until the transaction ends no other move or restore of this centre begins."""
    Placement.objects.select_for_update().get(pk=placement.pk)


def move_of(slug: str) -> Move:
    """The centre's latest. Raises NoSuchMove."""
    found = Move.objects.filter(slug=slug).order_by("-pk").first()
    if found is None:
        raise NoSuchMove(slug)
    return found


def open_moves() -> list[Move]:
    return list(Move.objects.filter(open_for__isnull=False).order_by("pk"))


def compare_again(move: Move) -> bool:
    """Whether the place that was left still holds, row for row, what was verified and carried to the new one."""
    with tenancy.activate(source_route(move)):
        found = rows.digests()
    expected = {name: rows.Digest.from_json(pair) for name, pair in move.digests.items()}
    move.report = {**move.report, "compared_again": "equal" if found == expected else "different"}
    move.save(update_fields=["report"])
    return found == expected


def remove_source(move: Move, *, at: datetime, early: bool = False) -> None:
    """Delete the place that was left, seven days after the flip at the soonest. Raises CannotMove."""
    if move.state != State.DONE or move.source_removed_at or move.flipped_at is None:
        raise NoSuchMove(move.slug)
    if not early and at < move.flipped_at + SOURCE_KEPT:
        raise CannotMove("kept", until=f"{move.flipped_at + SOURCE_KEPT:%Y-%m-%d %H:%M}")
    namespaces.remove(source_route(move))
    Move.objects.filter(pk=move.pk).update(source_removed_at=at)


def source_route(move: Move) -> tenancy.Route:
    """Of the version that was moved: a later release reads what is there."""
    route = _route(move, move.source_store, move.source_namespace, move.epoch_after)
    return dataclasses.replace(route, schema=move.schema)


def target_route(move: Move) -> tenancy.Route:
    """For the mover alone: until the flip the target has epoch 0, under which nobody else comes."""
    return _route(move, move.target_store, move.target_namespace, 0)


def _route(move: Move, store_name: str, namespace: str, epoch: int) -> tenancy.Route:
    store = stores.named(store_name)
    placement = Placement.objects.get(pk=move.tenant_id)
    return tenancy.Route(
        tenant_id=move.tenant_id,
        slug=move.slug,
        state=placement.state,
        zone=placement.zone,
        epoch=epoch,
        engine=store.engine,
        address=store.address,
        namespace=namespace,
        store=store.name,
    )
