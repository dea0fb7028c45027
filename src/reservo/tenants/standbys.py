"""The standby of a store: what it may be, and how it is."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from reservo.tenancy import servers
from reservo.tenancy.backends.standing import Standing
from reservo.tenancy.models import Store
from reservo.tenancy.servers import Finding

MOST_SECONDS_BEHIND = 30.0
NONE = dict.fromkeys(("replica", "steward", "sealed_steward_password"), "")  # what a store without one has


class BadStore(ValueError):
    """A value is not one that a store can have; the message says which."""


def engine_of(store: Store) -> Any:
    """What the store's engine can do with a standby."""
    return import_module(f"reservo.tenancy.backends.{store.engine}.standby")


def refuse_bad(engine: str, address: str, replica: str) -> None:
    """Raises BadStore."""
    if engine == Store.Engine.SQLITE:
        raise BadStore("replica: a directory of files has none")
    try:
        database = servers.split(replica)[2]
    except servers.BadAddress as bad:
        raise BadStore("replica: host:port/database, or host:port for MariaDB") from bad
    if database != servers.split(address)[2]:
        raise BadStore("replica: it names the database of its primary")
    if replica == address:
        raise BadStore("replica: another server than the primary")


def standing(store: Store) -> Standing:
    """Raises StoreUnavailable."""
    found: Standing = engine_of(store).standing(store.name, store.replica)
    return found


def check(store: Store) -> list[Finding]:
    """Nothing for a store without one."""
    if not store.replica:
        return []
    try:
        found = standing(store)
    except servers.StoreUnavailable as away:
        mend = f"mend it, or `reservo stores replica remove {store.name}`: {away}"
        facts = {"replica": store.replica, "error": away}
        return [Finding(f"replica {store.replica} answers", False, mend, "replica_answers", facts)]
    late = Finding(
        f"replica {lag_of(found)}",
        found.seconds_behind is not None and found.seconds_behind < MOST_SECONDS_BEHIND,
        "the network between both servers, the log of the standby; reads go to the primary meanwhile",
        "replica_follows" if found.seconds_behind is not None else "replica_receives",
        {"seconds": f"{found.seconds_behind or 0:.1f}", "position": found.position},
    )
    return [*fitness(store, found), late]


def fitness(store: Store, found: Standing) -> list[Finding]:
    """Whether it can take over; how late it is, is another question."""
    return [
        Finding(
            f"replica {store.replica} is a standby",
            found.is_standby,
            "read-only and following its primary; a server that was promoted by hand is one no more",
            "replica_stands_by",
            {"replica": store.replica},
        ),
        Finding("the replica's log-in may promote it", found.may_promote, found.mend, "replica_may_promote"),
        Finding(
            "promoted, the replica waits for nobody",
            not found.waits_for,
            f"its synchronous_standby_names is {found.waits_for!r}: set it to '' there, or no write ever ends",
            "replica_waits",
            {"servers": found.waits_for},
        ),
    ]


def lag_of(found: Standing) -> str:
    if found.seconds_behind is None:
        return f"receives nothing (stands at {found.position})"
    return f"is {found.seconds_behind:.1f} s behind (stands at {found.position})"
