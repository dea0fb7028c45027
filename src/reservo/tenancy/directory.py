"""Slug to route, kept in memory for a second; the epoch makes a stale answer harmless."""

from __future__ import annotations

import threading
import time

from django.db import connections

from reservo.tenancy import slugs
from reservo.tenancy.backends.control import answering
from reservo.tenancy.backends.control.answering import ControlAway
from reservo.tenancy.context import CONTROL_ALIAS, Route
from reservo.tenancy.models import Placement

SECONDS_KEPT = 0.8  # with the time that reading takes, a change is seen within a second
SECONDS_WITHOUT = 300.0  # for as long a node goes on with what it knows while the control database is away
LOOK_AGAIN_SECONDS = 0.02
MOST_KEPT = 20_000

_lock = threading.Lock()
_kept: dict[str, tuple[float, Route | None]] = {}
_kept_by_id: dict[int, tuple[float, Route | None]] = {}


def find(slug: str) -> Route | None:
    """The route of a centre, at most a second old; None if there is no such centre.

    While the control database is away, the one that was known last: a write under an old epoch is refused by the
    centre's own data. Raises ControlAway for a centre that this process does not know.
    """
    if slugs.is_nobodys(slug):
        return None
    kept = _kept.get(slug)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    try:
        route = answering.ask(lambda: _by_slug(slug))
    except ControlAway:
        return _known(kept)
    _keep(slug, route)
    return route


def _by_slug(slug: str) -> Route | None:
    placement = Placement.objects.select_related("store").filter(slug=slug).first()
    return placement.route() if placement else None


def _known(kept: tuple[float, Route | None] | None) -> Route | None:
    """What was true when the control database answered last: nobody can have changed it there since."""
    if kept is None or kept[1] is None or time.monotonic() - kept[0] > SECONDS_WITHOUT:
        raise ControlAway("the control database is away, and this centre is not known here")
    return kept[1]


def knows_any() -> bool:
    return any(route for _, route in list(_kept.values()))


_BY_ID = """
    SELECT placement.id, slug, state, zone, epoch, engine, address, namespace, name, placement.{schema},
           language, frame_sites, replica
    FROM tenancy_placement placement JOIN tenancy_store store ON store.id = store_id WHERE placement.id = %s
"""


def by_id(tenant_id: int) -> Route | None:
    """The route of a centre by its identity, read afresh: with each of its turns, so written out."""
    with connections[CONTROL_ALIAS].cursor() as cursor:
        cursor.execute(_BY_ID.format(schema=connections[CONTROL_ALIAS].ops.quote_name("schema")), [tenant_id])
        row = cursor.fetchone()
    return Route(*row) if row else None


def await_change(route: Route, *, seconds: float) -> Route | None:
    """The centre's next route once it differs from this one; None if it does not within `seconds`."""
    until = time.monotonic() + seconds
    while True:
        found = by_id(route.tenant_id)
        if found is None or found != route:
            forget(route.slug)
            return found
        if time.monotonic() >= until:
            return None
        time.sleep(LOOK_AGAIN_SECONDS)


def kept(tenant_id: int) -> Route | None:
    """As `by_id`, at most a second old."""
    kept = _kept_by_id.get(tenant_id)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    route = by_id(tenant_id)
    with _lock:
        if len(_kept_by_id) >= MOST_KEPT:
            _kept_by_id.clear()
        _kept_by_id[tenant_id] = (time.monotonic() + SECONDS_KEPT, route)
    return route


def all_active() -> list[Route]:
    rows = Placement.objects.select_related("store").filter(state=Placement.State.ACTIVE).order_by("pk")
    return [placement.route() for placement in rows]


def forget(slug: str | None = None) -> None:
    with _lock:
        _kept_by_id.clear()
        if slug is None:
            _kept.clear()
        else:
            _kept.pop(slug, None)


def _keep(slug: str, route: Route | None) -> None:
    with _lock:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[slug] = (time.monotonic() + SECONDS_KEPT, route)
