"""A centre whose store is away keeps neither worker nor scheduler from the others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reservo import jobs, tenancy
from reservo.config.schedule import ENTRIES
from reservo.core.clock import now
from reservo.jobs import scheduler, sweeping, wakeups
from reservo.jobs.models import NextFiring, Wakeup
from reservo.jobs.worker import Worker
from reservo.tenancy.models import Placement, Store
from tests.installation import free_ports
from tests.jobs import work


@pytest.fixture
def away(control):
    """A centre on a server where nobody listens."""
    address = f"127.0.0.1:{free_ports(1)[0]}/centres"
    store = Store.objects.create(
        name="away", engine="postgresql", address=address, capacity=1, is_dedicated=True
    )
    centre = Placement.objects.create(slug="away", store=store, namespace="away", zone="America/Santiago")
    yield centre
    Wakeup.objects.filter(pk=centre.pk).delete()
    NextFiring.objects.filter(pk=centre.pk).delete()
    centre.delete()
    store.delete()


def test_a_worker_goes_on_to_the_next_centre(centre, away):
    Wakeup.objects.all().delete()
    wakeups.hint(away.pk, now() - timedelta(minutes=5))
    with centre.active(), tenancy.atomic():
        jobs.put(work.count, at=now())
    assert Worker().look()
    with centre.active():
        assert work.counted() == 1
    assert Wakeup.objects.get(pk=away.pk).due_at > now()


def test_the_scheduler_goes_on_to_the_next_centre(centre, away):
    at = now()
    NextFiring.objects.all().delete()
    NextFiring.objects.create(tenant_id=away.pk, at=at - timedelta(hours=1))
    NextFiring.objects.create(tenant_id=centre.route.tenant_id, at=at - timedelta(minutes=1))
    assert scheduler.tick(ENTRIES, at=at) == 2
    assert set(NextFiring.objects.filter(at__gt=at).values_list("pk", flat=True)) == {
        away.pk,
        centre.route.tenant_id,
    }


def test_the_sweep_passes_it_by(away):
    assert not sweeping.mend(away.route())
