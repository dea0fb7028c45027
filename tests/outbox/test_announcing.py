"""A change and what follows from it are one: all of it commits, or none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

import pytest

from reservo import jobs, outbox, tenancy
from reservo.core import trace
from reservo.core.clock import now
from reservo.jobs.models import Job
from reservo.notifications.models import Delivery
from reservo.outbox import announcing
from reservo.outbox.models import Event
from reservo.tenancy.models import Counter
from tests.jobs import work


@dataclass(frozen=True, slots=True)
class SomethingHappened:
    schema: ClassVar[int] = 2
    thing_id: int
    how: str = "well"


@pytest.fixture
def receivers():
    """Receivers of this test alone."""
    yield announcing._receivers[SomethingHappened]
    del announcing._receivers[SomethingHappened]


def test_an_event_is_written_with_its_shape_its_time_and_its_trace(place):
    at = now()
    with tenancy.activate(place("suceso")):
        with trace.tracing() as id_of_action, tenancy.atomic():
            outbox.announce(SomethingHappened(7), at=at)
        event = Event.objects.get()
    assert (event.kind, event.schema, event.payload) == (
        "SomethingHappened",
        2,
        {"thing_id": 7, "how": "well"},
    )
    assert (event.at, event.trace) == (at, id_of_action)


def test_announcing_outside_a_transaction_is_refused(place):
    with tenancy.activate(place("fuera")), pytest.raises(outbox.OutsideTransaction):
        outbox.announce(SomethingHappened(7), at=now())


def test_what_receivers_derive_commits_with_the_change(place, receivers):
    @outbox.receiver(SomethingHappened)
    def put_a_job(event: SomethingHappened, at: datetime) -> None:
        jobs.put(work.count, {"name": str(event.thing_id)}, at=at)

    with tenancy.activate(place("junto")):
        with tenancy.atomic():
            Counter.objects.create(name="change", value=1)
            outbox.announce(SomethingHappened(7), at=now())
        assert [job.args for job in Job.objects.all()] == [{"name": "7"}]


@pytest.mark.parametrize("who", ["the change", "a receiver"])
def test_a_failure_anywhere_takes_all_of_it_back(place, receivers, who):
    @outbox.receiver(SomethingHappened)
    def put_a_job(event: SomethingHappened, at: datetime) -> None:
        jobs.put(work.count, at=at)
        if who == "a receiver":
            raise ZeroDivisionError

    with tenancy.activate(place("nada")):
        with pytest.raises(ZeroDivisionError), tenancy.atomic():  # noqa: PT012
            Counter.objects.create(name="change", value=1)
            outbox.announce(SomethingHappened(7), at=now())
            raise ZeroDivisionError
        assert (Counter.objects.count(), Event.objects.count(), Job.objects.count()) == (0, 0, 0)


def test_a_receiver_registered_twice_is_told_once(place, receivers):
    told: list[int] = []

    def note(event: SomethingHappened, at: datetime) -> None:
        told.append(event.thing_id)

    outbox.receiver(SomethingHappened)(note)
    outbox.receiver(SomethingHappened)(note)
    with tenancy.activate(place("doble")), tenancy.atomic():
        outbox.announce(SomethingHappened(7), at=now())
    assert told == [7]


def test_a_booking_its_event_its_mail_and_its_job_are_one(centre, monday):
    visit = centre.book(monday)
    with centre.active():
        assert Event.objects.filter(kind="AppointmentBooked", payload__appointment_id=visit.pk).count() == 1
        (mail,) = Delivery.objects.filter(appointment_id=visit.pk)
        assert Job.objects.filter(task="notifications.send", args={"delivery_id": mail.pk}).count() == 1


def test_old_events_and_done_jobs_are_pruned_and_waiting_or_dead_ones_stay(place):
    from datetime import timedelta

    from reservo.jobs import housekeeping

    long_ago = now() - timedelta(days=365)
    with tenancy.activate(place("limpieza")), tenancy.atomic():
        for state in ("waiting", "running", "done", "dead"):
            Job.objects.create(
                task="t", state=state, run_at=long_ago, created_at=long_ago, finished_at=long_ago
            )
        Event.objects.create(kind="old", payload={}, at=long_ago)
        Event.objects.create(kind="new", payload={}, at=now())
        housekeeping.prune.function()
        assert sorted(Job.objects.values_list("state", flat=True)) == ["dead", "running", "waiting"]
        assert list(Event.objects.values_list("kind", flat=True)) == ["new"]
