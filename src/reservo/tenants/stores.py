"""Stores: the places where centres' data live, and which of them a new centre gets."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Count, F, QuerySet

from reservo import tenancy
from reservo.tenancy import directory, namespaces, servers
from reservo.tenancy.models import Store
from reservo.tenancy.servers import Finding
from reservo.tenants import standbys
from reservo.tenants.standbys import BadStore

EMBEDDED = "embedded"
POOL_CAPACITY = 100_000
DEDICATED = "dedicated:"  # no name of a store: the first dedicated one with room


class StoreExists(ValueError):
    """The name is taken."""


class UnknownStore(LookupError):
    """No store has this name."""


class StoreInUse(RuntimeError):
    """So many centres live there still."""

    def __init__(self, centres: int) -> None:
        self.centres = centres
        super().__init__(f"{centres} centres")


class NoRoom(RuntimeError):
    """The store (or every open pool) holds as many centres as it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What an operator says of a store; passwords are sealed before they are kept."""

    name: str
    engine: str
    address: str
    capacity: int
    login: str = ""
    password: str = ""
    provisioner: str = ""
    provisioner_password: str = ""
    is_dedicated: bool = False
    replica: str = ""


def add(described: Description) -> Store:
    """Raises BadStore, StoreExists. Whether it answers is another question: `check`."""
    _refuse_bad(described)
    with tenancy.control(), tenancy.atomic():
        try:
            with tenancy.atomic():
                return Store.objects.create(
                    name=described.name,
                    engine=described.engine,
                    address=described.address,
                    capacity=described.capacity,
                    is_dedicated=described.is_dedicated,
                    login=described.login,
                    sealed_password=servers.sealed(described.password, described.name),
                    provisioner=described.provisioner,
                    sealed_provisioner_password=servers.sealed(
                        described.provisioner_password, described.name
                    ),
                    position=Store.objects.count(),
                    replica=described.replica,
                )
        except IntegrityError as taken:
            raise StoreExists(described.name) from taken


def set_capacity(name: str, capacity: int) -> Store:
    """Centres that are there stay, even above it. Raises BadStore, UnknownStore."""
    if capacity < 1:
        raise BadStore("capacity: at least 1")
    return _change(name, capacity=capacity)


def drain(name: str, *, on: bool = True) -> Store:
    """No new centre comes to a store that is drained; those there stay until they are moved."""
    return _change(name, is_draining=on)


def add_replica(name: str, address: str, *, steward: str = "", password: str = "") -> Store:
    """The standby that the store's server streams to; `steward` is the log-in that may promote it.

    Raises BadStore, UnknownStore. Whether it answers is another question: `check`.
    """
    store = named(name)
    standbys.refuse_bad(store.engine, store.address, address)
    sealed = servers.sealed(password, name)
    return _change(name, replica=address, steward=steward, sealed_steward_password=sealed)


def remove_replica(name: str) -> Store:
    """Nothing is read there any more, from a second later on. Raises UnknownStore."""
    return _change(name, **standbys.NONE)


def remove(name: str) -> None:
    """What is known of it; its server or directory stays. Raises UnknownStore, StoreInUse."""
    with tenancy.control(), tenancy.atomic():
        store = named(name)
        if centres := store.placements.count():
            raise StoreInUse(centres)
        store.delete()


def named(name: str) -> Store:
    """Raises UnknownStore."""
    store = Store.objects.filter(name=name).first() if name.isprintable() else None
    if store is None:
        raise UnknownStore(name)
    return store


def listed() -> QuerySet[Store]:
    """In the order in which pools fill, each with how many `centres` it holds."""
    return Store.objects.annotate(centres=Count("placements")).order_by("position", "pk")


def check(name: str) -> list[Finding]:
    """Whether the store answers, is of a version that works, and its log-ins may do what they must and no more."""
    store = named(name)
    try:
        found = list(namespaces.places_of(store.engine).check(store.name, store.address))
    except servers.StoreUnavailable as away:
        facts = {"address": store.address, "error": away}
        found = [Finding(f"{store.address} answers", False, str(away), "answers", facts)]
    return [*found, *standbys.check(store)]


def store_for_new(wanted: str = "") -> Store:
    """The one that is asked for, else RESERVO_DEFAULT_STORE, else the first open pool with room.

    `DEDICATED` asks for the first dedicated store with room, for a centre whose plan gives it a server of its own.
    Inside a transaction of the control plane. Raises UnknownStore, NoRoom.
    """
    wanted = wanted or os.environ.get("RESERVO_DEFAULT_STORE", "")
    if wanted == DEDICATED:
        return _first_with_room(listed().filter(is_dedicated=True), "every dedicated store is full")
    if wanted and wanted != EMBEDDED:
        store = named(wanted)
        if store.is_draining or store.placements.count() >= store.capacity:
            raise NoRoom(wanted)
        return store
    if wanted or not Store.objects.filter(is_dedicated=False).exists():
        embedded()
    pools = listed().filter(is_dedicated=False)
    if wanted:
        pools = pools.filter(name=wanted)
    return _first_with_room(pools, wanted or "every open pool is full")


def _first_with_room(chosen: QuerySet[Store], none: str) -> Store:
    found = chosen.filter(is_draining=False, centres__lt=F("capacity")).first()
    if found is None:
        raise NoRoom(none)
    return found


def embedded() -> Store:
    """A directory of files beside the control database: what an installation starts with."""
    store, _ = Store.objects.get_or_create(
        name=EMBEDDED,
        defaults={
            "engine": Store.Engine.SQLITE,
            "address": str(settings.RESERVO_DATA_DIR / "tenants"),
            "capacity": POOL_CAPACITY,
        },
    )
    return store


def _change(name: str, **values: object) -> Store:
    with tenancy.control(), tenancy.atomic():
        if not Store.objects.filter(name=name).update(**values):
            raise UnknownStore(name)
    directory.forget()
    return named(name)


def _refuse_bad(described: Description) -> None:
    if described.engine not in Store.Engine.values:
        raise BadStore(f"engine: one of {', '.join(Store.Engine.values)}")
    if described.capacity < 1:
        raise BadStore("capacity: at least 1")
    if described.engine == Store.Engine.SQLITE:
        if not Path(described.address).is_absolute():
            raise BadStore("address: an absolute directory")
        return
    try:
        _, _, database = servers.split(described.address)
    except servers.BadAddress as bad:
        raise BadStore("address: host:port/database, or host:port for MariaDB") from bad
    if bool(database) != (described.engine == Store.Engine.POSTGRESQL):
        raise BadStore("address: PostgreSQL names a database, MariaDB does not")
    if not described.login or not described.provisioner:
        raise BadStore("login and provisioner: both log-ins are needed")
    if described.replica:
        standbys.refuse_bad(described.engine, described.address, described.replica)
