"""A bare centre that is the only active one, and work that counts itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reservo.jobs import wakeups, worker
from reservo.jobs.models import Lease, NextFiring, Wakeup
from reservo.tenancy import directory
from reservo.tenancy.models import Placement


@pytest.fixture
def alone(place) -> Iterator[object]:
    """`alone("slug", zone)` is the route of a new centre; all that other tests left behind rest meanwhile."""
    resting = list(Placement.objects.filter(state="active").values_list("pk", flat=True))
    Placement.objects.filter(pk__in=resting).update(state="maintenance")
    for model in (NextFiring, Wakeup, Lease):
        model.objects.all().delete()
    directory.forget()
    wakeups.forget()

    def make(slug: str, zone: str = "America/Santiago") -> object:
        route = place(slug)
        Placement.objects.filter(pk=route.tenant_id).update(zone=zone)
        directory.forget()
        return directory.by_id(route.tenant_id)

    yield make
    for model in (NextFiring, Wakeup, Lease):
        model.objects.all().delete()
    Placement.objects.filter(pk__in=resting).update(state="active")
    directory.forget()
    wakeups.forget()


@pytest.fixture
def visited() -> object:
    """Gives a centre its turns until nothing is due; how many jobs were done."""

    def work(route: object) -> int:
        total = 0
        while done := worker.visit(route.tenant_id, "w1"):
            total += done
        return total

    return work
