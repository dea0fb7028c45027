"""What works for a centre unasked — jobs, mail, exports, backups — under another one's identity: nothing is done."""

from __future__ import annotations

import pytest

from reservo import jobs, tenancy
from reservo.core.clock import now
from reservo.fleet import exports
from reservo.fleet.backups import sources
from reservo.jobs import claims, turns, wakeups, worker
from reservo.jobs.models import Job
from reservo.notifications import sending
from reservo.notifications.models import Delivery
from reservo.tenancy import connections, directory
from reservo.tenancy.models import Placement
from tests.fleet.backing_up import back_up
from tests.jobs import work


@pytest.fixture
def astray(centre, other):
    """The control plane is wrong: it says that the other centre's data are where this one's are."""
    right = dict(Placement.objects.values_list("pk", "namespace"))
    ours, theirs = centre.route.tenant_id, other.route.tenant_id
    point(ours, "nowhere")
    point(theirs, right[ours])
    connections.close_all()
    directory.forget()
    yield directory.by_id(theirs)
    point(theirs, "nowhere-else")
    point(ours, right[ours])
    point(theirs, right[theirs])
    connections.close_all()
    directory.forget()


def point(tenant_id, namespace):
    Placement.objects.filter(pk=tenant_id).update(namespace=namespace)


@pytest.fixture
def waiting(centre, monday):
    """A visit's confirmation and a job of the centre that are due."""
    centre.book(monday)
    with centre.active(), tenancy.atomic():
        jobs.put(work.count, at=now())
        Job.objects.update(run_at=now())
        return Delivery.objects.get().pk


def untouched(centre):
    with centre.active():
        return {
            "jobs": set(Job.objects.values_list("state", flat=True)) == {"waiting"},
            "mail": list(Delivery.objects.values_list("state", flat=True)) == ["planned"],
            "work": work.counted() == 0,
        }


NOTHING_DONE = {"jobs": True, "mail": True, "work": True}


def test_a_worker_runs_no_job_of_a_centre_under_anothers_identity(centre, waiting, astray):
    with tenancy.activate(astray), pytest.raises(tenancy.WrongTenant):
        turns.take_turn("w")
    wakeups.hint(astray.tenant_id, now())
    assert worker.visit(astray.tenant_id, "w") == 0
    assert untouched(centre) == NOTHING_DONE


def test_a_job_that_was_taken_in_one_centre_is_not_settled_in_another(centre, other, waiting):
    with centre.active(), tenancy.atomic():
        taken = claims.claim(5, worker="w", at=now())
    assert taken
    for settle in (
        lambda: claims.finish(taken, at=now()),
        lambda: claims.give_back(taken),
        lambda: claims.renew(taken, at=now()),
        lambda: claims.fail(taken[0], "x", attempts=1, at=now()),
        lambda: claims.put_off(taken[0], "x", run_at=now()),
    ):
        with other.active(), tenancy.atomic(), pytest.raises(tenancy.WrongTenant):
            settle()


def test_mail_of_a_centre_is_not_sent_under_anothers_identity(centre, waiting, astray):
    with tenancy.activate(astray), pytest.raises(tenancy.WrongTenant):
        sending.send_delivery.function(waiting)
    assert untouched(centre) == NOTHING_DONE


def test_nothing_is_exported_under_anothers_identity(astray, tmp_path):
    with pytest.raises(tenancy.WrongTenant):
        exports.write(astray.slug, tmp_path / "export.zip", at=now())
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_backed_up_under_anothers_identity(astray):
    with pytest.raises(tenancy.WrongTenant):
        back_up(astray)
    with pytest.raises(sources.NoBackup):
        sources.newest(astray.tenant_id)
