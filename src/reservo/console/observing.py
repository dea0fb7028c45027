"""Looking at centres in the background: size, last use, what went wrong. Only counts and times are kept."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.db import DatabaseError
from django.db.models import QuerySet

from reservo import tenancy
from reservo.audit.models import Action
from reservo.console.models import Observation
from reservo.jobs.housekeeping import forgets
from reservo.jobs.models import Job
from reservo.notifications.models import RESENDABLE, Delivery
from reservo.outbox.models import Event
from reservo.tenancy import namespaces
from reservo.tenancy.backends.guard import StaleEpoch
from reservo.tenancy.models import Placement
from reservo.tenancy.servers import StoreUnavailable

MOST_COUNTED = 1_000
PEOPLE = ("staff", "patient")
FIELDS = ["at", "seen_at", "size_bytes", "used_at", "dead_jobs", "bad_mails", "error"]

log = logging.getLogger(__name__)


def observe(routes: list[tenancy.Route], at: datetime) -> None:
    """Write down how these centres are; one that does not answer keeps its last figures, with the reason."""
    known = Observation.objects.in_bulk([route.tenant_id for route in routes])
    fresh = []
    for route in routes:
        row = known.get(route.tenant_id)
        if row is None:
            row = Observation(tenant_id=route.tenant_id)
            fresh.append(row)
        row.at = at
        _look_into(row, route)
    with tenancy.control(), tenancy.atomic():
        Observation.objects.bulk_create(fresh, ignore_conflicts=True)
        Observation.objects.bulk_update(known.values(), FIELDS)


@forgets
def observations_of_gone(at: datetime) -> QuerySet:
    return Observation.objects.exclude(pk__in=Placement.objects.values("pk"))


def _look_into(row: Observation, route: tenancy.Route) -> None:
    try:
        with tenancy.activate(route):
            seen = _figures(route)
    except (StaleEpoch, DatabaseError, StoreUnavailable, OSError) as broken:
        log.warning("centre %s could not be observed: %s", route.tenant_id, type(broken).__name__)
        row.error = type(broken).__name__
    else:
        row.seen_at, row.error = row.at, ""
        for name, value in seen.items():
            setattr(row, name, value)


def _figures(route: tenancy.Route) -> dict[str, Any]:
    return {
        "used_at": last_use(),
        "dead_jobs": Job.objects.filter(state=Job.State.DEAD)[:MOST_COUNTED].count(),
        "bad_mails": Delivery.objects.filter(state__in=RESENDABLE)[:MOST_COUNTED].count(),
        "size_bytes": namespaces.size_of(route),
    }


def last_use() -> datetime | None:
    """When somebody last came into the active centre or changed something there."""
    newest = (
        Event.objects.order_by("-at").values_list("at", flat=True).first(),
        Action.objects.filter(actor__in=PEOPLE).order_by("-at").values_list("at", flat=True).first(),
    )
    return max(filter(None, newest), default=None)
