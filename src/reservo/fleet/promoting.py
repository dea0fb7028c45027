"""A store's standby becomes its primary, by an operator's hand.

The order is what makes it safe. A primary that still answers is fenced first: its centres get the next epoch there, so
that nobody writes to it under a route of today, and the standby is waited for until it has that too. One that does not
answer cannot be fenced; what it acknowledged and the standby never received is lost unless it waits for its standby at
every commit. Then the standby takes writes, its centres are put under the next epoch, and the control plane names the
new place, all centres at once. A command that was killed is run again and goes on.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.db.models import Q

from reservo import tenancy
from reservo.adapters import bus
from reservo.core.clock import now
from reservo.fleet import moves
from reservo.fleet.epochs import AHEAD
from reservo.fleet.models import Move, Promotion, Restore
from reservo.tenancy import connections, directory, namespaces, replicas, servers
from reservo.tenancy.models import Placement, Store
from reservo.tenancy.servers import Finding
from reservo.tenants import standbys, stores

LONGEST_CATCH_UP_SECONDS = 60.0
MOST_TRIES = 5


class CannotPromote(RuntimeError):
    """Nothing was changed; the message says what stands in the way."""


class AlreadyPromoting(CannotPromote):
    """Another promotion of the store is under way."""


class Contested(CannotPromote):
    """Others kept changing states of its centres; run it again."""


def findings(name: str) -> list[Finding]:
    """What has to be well before the store's standby is promoted. Raises UnknownStore, CannotPromote."""
    store = stores.named(name)
    if not store.replica:
        raise CannotPromote(f"{name} has no replica")
    try:
        found = standbys.fitness(store, standbys.standing(store))
    except servers.StoreUnavailable as away:
        return [Finding(f"replica {store.replica} answers", False, str(away))]
    stopped, restored = moves.stopped(at=now()), _restored(name)
    slugs = sorted(move.slug for move in _on_their_way(name) if move not in stopped)
    lost = [route.slug for route in _routes(store, store.replica) if namespaces.epoch_of(route) is None]
    return [
        *found,
        Finding(
            f"moves at work: {', '.join(slugs) or 'none'}", not slugs, "wait for them, or stop the movers"
        ),
        Finding(
            f"restores from or into it: {', '.join(restored) or 'none'}",
            not restored,
            "wait for their end, or `reservo tenants restore <centre> --abort`",
        ),
        Finding(
            f"centres that the replica lacks: {', '.join(lost) or 'none'}", not lost, "it is another server's"
        ),
    ]


def begin(name: str, *, at: datetime) -> Promotion:
    """A promotion that `run` carries out; one that was cut short is gone on with.

    Raises UnknownStore, CannotPromote, AlreadyPromoting.
    """
    unfinished = Promotion.objects.filter(open_for=name).first()
    if unfinished is not None:
        return unfinished
    wrong = [one for one in findings(name) if not one.well]
    if wrong:
        raise CannotPromote("; ".join(f"not so: {one.what}" for one in wrong))
    store = stores.named(name)
    try:
        with tenancy.control(), tenancy.atomic():
            if restored := _restored(name):
                raise CannotPromote(f"being restored: {', '.join(restored)}")
            Store.objects.filter(pk=store.pk).update(is_draining=True)  # no centre is made there meanwhile
            return Promotion.objects.create(
                store=name,
                open_for=name,
                from_address=store.address,
                to_address=store.replica,
                report={"was_draining": store.is_draining},
                started_at=at,
            )
    except IntegrityError as other:
        raise AlreadyPromoting(name) from other


def run(promotion: Promotion) -> Promotion:
    """Every step may be done twice. Raises StoreUnavailable, CannotPromote (given up, or not now), Contested."""
    began = time.monotonic()
    store = stores.named(promotion.store)
    if store.address != promotion.to_address:
        with _without_movers(store.name):
            _catch_up(promotion, store)
            standbys.engine_of(store).promote(store.name, promotion.to_address)
            _note(promotion, writable_seconds=round(time.monotonic() - began, 2))
            _settle(promotion, promotion.to_address)
    return _end(promotion, Promotion.State.DONE, seconds=round(time.monotonic() - began, 2))


def fence(name: str) -> tuple[str, int]:
    """Put the old primary, which is back, under today's epochs: nobody's route of then writes there any more.

    Its address and how many centres of it were reached. Raises UnknownStore, CannotPromote, StoreUnavailable.
    """
    store = stores.named(name)
    last = Promotion.objects.filter(store=name, state=Promotion.State.DONE).order_by("-started_at").first()
    if last is None or last.from_address == store.address:
        raise CannotPromote(f"{name} was never promoted, or is back where it was")
    there = [route for route in _routes(store, last.from_address) if namespaces.epoch_of(route) is not None]
    if not there:
        raise servers.StoreUnavailable(
            f"{last.from_address} does not answer, or none of its centres is there"
        )
    for route in there:
        namespaces.raise_epoch(route, route.epoch)
    return last.from_address, len(there)


def left_open(store: Store) -> str:
    """The address of an old primary that answers and still takes a route from before; nothing otherwise."""
    last = Promotion.objects.filter(store=store.name, state=Promotion.State.DONE)
    newest = last.order_by("-started_at").first()
    if newest is None or newest.from_address in (store.address, store.replica):
        return ""
    try:
        if standbys.engine_of(store).standing(store.name, newest.from_address).is_standby:
            return ""
    except servers.StoreUnavailable:
        return ""
    for route in _routes(store, newest.from_address):
        found = namespaces.epoch_of(route)
        if found is not None and found < route.epoch:
            return newest.from_address
    return ""


def _on_their_way(store: str) -> list[Move]:
    """Centres that are moved from or to it, or were until the mover was stopped."""
    return [move for move in moves.open_moves() if store in (move.source_store, move.target_store)]


def _restored(store: str) -> list[str]:
    """Centres that are given another state there at this moment: they would be flipped at the server that is left."""
    there = Q(before_store=store) | Q(after_store=store)
    return sorted(Restore.objects.filter(there, open_for__isnull=False).values_list("slug", flat=True))


@contextmanager
def _without_movers(store: str) -> Iterator[None]:
    """None goes on with the server that is left; afterwards each begins anew (`start_over`) or is given up."""
    with ExitStack() as held:
        for move in _on_their_way(store):
            try:
                held.enter_context(moves.alone(move, now))
            except moves.AlreadyMoving as moving:
                raise CannotPromote(
                    f"{move.slug} is being moved: wait for its end or stop its mover, then run this again"
                ) from moving
        yield


def _catch_up(promotion: Promotion, store: Store) -> None:
    engine = standbys.engine_of(store)
    try:
        fenced = _raise_all(store, promotion.from_address, ahead=AHEAD)
        position = engine.primary_position(store.name)
    except replicas.AWAY:
        fenced, position = 0, ""
    _note(promotion, primary_answered=bool(position), fenced_centres=fenced, primary_position=position)
    reached = engine.catch_up(store.name, promotion.to_address, position, seconds=LONGEST_CATCH_UP_SECONDS)
    if not reached and not position:
        raise CannotPromote(
            "the replica has not yet applied all that it received: see its log, then run this again"
        )
    if not reached:
        _settle(promotion, promotion.from_address)
        _end(promotion, Promotion.State.GIVEN_UP)
        raise CannotPromote("the replica did not catch up; its centres go on at the primary")


def _settle(promotion: Promotion, address: str) -> None:
    """The centres go on at this address, under an epoch that no node has used before."""
    changes: dict[str, Any] = {"is_draining": promotion.report["was_draining"]}
    if address == promotion.to_address:
        changes |= {"address": address, **standbys.NONE}
    for _ in range(MOST_TRIES):
        store = stores.named(promotion.store)
        count = _raise_all(store, address, ahead=AHEAD)
        if _follow(store, changes):
            _note(promotion, centres=count)
            return
    raise Contested(promotion.store)


def _follow(store: Store, changes: dict[str, Any]) -> bool:
    """Nodes are told place and epochs in one step; False if somebody changed a centre meanwhile."""
    placements = list(store.placements.all())
    try:
        with tenancy.control(), tenancy.atomic():
            for placement in placements:
                as_read = Placement.objects.filter(pk=placement.pk, epoch=placement.epoch)
                if not as_read.update(epoch=placement.epoch + AHEAD):
                    raise Contested(placement.slug)
            Store.objects.filter(pk=store.pk).update(**changes)
            moves.start_over(store.name)
    except Contested:
        return False
    servers.forget()
    directory.forget()
    connections.close_all()
    for placement in placements:
        bus.current().publish("tenant", {"tenant": placement.pk})
    return True


def _raise_all(store: Store, address: str, *, ahead: int) -> int:
    """How many centres are at least under their epoch and `ahead` there. Raises StoreUnavailable."""
    count = 0
    for route in _routes(store, address):
        if namespaces.epoch_of(route) is None:
            raise servers.StoreUnavailable(f"{route.slug} is not there, or {address} does not answer")
        namespaces.raise_epoch(route, route.epoch + ahead)
        count += 1
    return count


def _routes(store: Store, address: str) -> Iterator[tenancy.Route]:
    for placement in store.placements.select_related("store").order_by("pk"):
        yield dataclasses.replace(placement.route(), address=address, replica="")


def _note(promotion: Promotion, **facts: Any) -> None:
    promotion.report.update(facts)
    promotion.save(update_fields=["report"])


def _end(promotion: Promotion, state: str, **facts: Any) -> Promotion:
    promotion.report.update(facts)
    promotion.state, promotion.open_for, promotion.ended_at = state, None, now()
    promotion.save()
    return promotion
