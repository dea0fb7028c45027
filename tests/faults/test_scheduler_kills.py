"""Two real schedulers, the active one killed before the hour: eight o'clock comes once, and its reminders leave."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from reservo import tenancy
from reservo.agenda.models import Appointment
from reservo.catalog.models import Branch
from reservo.core import zones
from reservo.crm.models import AutomaticMail
from reservo.jobs.models import Heartbeat, Job, Lease, NextFiring, RecurringRun, Wakeup
from reservo.notifications.models import Delivery
from reservo.tenancy.models import Placement

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
PATIENCE_SECONDS = 120.0


def wait_until(fact: Callable[[], bool], what: Callable[[], str]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not fact():
        assert time.monotonic() < end, what()
        time.sleep(0.1)


def what_there_is(cast, eight: datetime) -> str:
    """Every row that has a part in it, for the one who reads the failure."""
    rows: list[object] = [f"eight={eight} key={cast.route.tenant_id} pid={os.getpid()}"]
    for model in (Lease, NextFiring, Wakeup, Heartbeat, Placement):
        rows += model.objects.values()
    with cast.active():
        for model in (RecurringRun, Job, Delivery):
            rows += model.objects.values()
        rows += Appointment.objects.values("id", "starts_at", "state", "branch_id")
    return "\n".join(["nobody was reminded", *map(str, rows)])


def just_before_eight(zone: str) -> tuple[timedelta, datetime]:
    """(offset, 08:00 of the next morning): with it the clock stands at 07:59:45."""
    at = datetime.now(UTC)
    eight = zones.at_minute(zones.local_date(at, zone) + timedelta(days=1), 8 * 60, zone)
    return eight - at - timedelta(seconds=15), eight


def holder() -> int:
    row = Lease.objects.filter(pk="scheduler").first()
    return int(row.holder.rsplit(":", 1)[1]) if row else 0


def test_two_schedulers_one_killed_eight_o_clock_comes_once(active_centre, process):
    zone = "America/Santiago"
    ahead, eight = just_before_eight(zone)
    with active_centre.active(), tenancy.atomic():
        AutomaticMail.objects.update(confirmation_on=False)
        Branch.objects.update(zone=zone)
    active_centre.book(eight + timedelta(hours=3), practitioner_id=None)
    first, second = process("scheduler", ahead=ahead), process("scheduler", ahead=ahead)
    wait_until(lambda: holder() in (first.pid, second.pid), lambda: "nobody took the lease")
    os.kill(holder(), signal.SIGKILL)
    process("scheduler", ahead=ahead)
    process("worker", ahead=ahead)

    def reminded() -> bool:
        with active_centre.active():
            return Delivery.objects.filter(kind="reminder", state="accepted").exists()

    wait_until(reminded, lambda: what_there_is(active_centre, eight))
    time.sleep(3)
    day = zones.local_date(eight, zone)
    with active_centre.active():
        runs = list(RecurringRun.objects.filter(job="reminders").values_list("local_date", flat=True))
        assert len(runs) == len(set(runs))
        assert day in runs
        of_the_day = Job.objects.filter(task="crm.send_reminders", args__local_date=day.isoformat())
        assert of_the_day.count() == 1
        assert Delivery.objects.filter(kind="reminder").count() == 1
