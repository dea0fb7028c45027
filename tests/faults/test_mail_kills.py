"""A worker killed at each step of a mail, and a server that sometimes takes a mail and hangs up.

Real worker processes, real SMTP on loopback. None is lost; a repeat happens only where nobody can know whether the
mail had gone, is counted in its row, and carries the same Message-ID.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from reservo import tenancy
from reservo.crm.models import AutomaticMail
from reservo.jobs.models import Job
from reservo.notifications.models import Delivery
from tests.smtp import Server

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
PATIENCE_SECONDS = 60.0
LEASES_OVER = timedelta(minutes=6)


class Postman:
    """Worker processes of the tests' own installation, one after the other, each later by its clock than all leases."""

    def __init__(self, server: Server, process: Callable[..., subprocess.Popen[bytes]]):
        self.server = server
        self.kills = 0
        self._ahead = timedelta()
        self._start = process
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        urls = {"RESERVO_SMTP_URL": self.server.url}
        self._process = self._start("worker", ahead=self._ahead, **urls, **environment)
        self._ahead += LEASES_OVER

    @property
    def is_dead(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        if not self.is_dead:
            os.kill(self._process.pid, signal.SIGKILL)
            self.kills += 1


@pytest.fixture
def busy_centre(active_centre, monday) -> Callable[[int], None]:
    """`busy_centre(n)`: n confirmations due now."""
    with active_centre.active(), tenancy.atomic():
        AutomaticMail.objects.update(confirmation_delay_minutes=0)

    def book(count: int) -> None:
        for n in range(count):
            start = monday + timedelta(days=14 + n // 8, minutes=60 * (n % 8))
            active_centre.book(start, practitioner_id=None)

    return book


@pytest.fixture
def postman(process) -> Iterator[Postman]:
    with Server() as server:
        yield Postman(server, process)


def wait_until(fact: Callable[[], bool], what: Callable[[], str]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not fact():
        assert time.monotonic() < end, what()
        time.sleep(0.05)


def states(cast) -> Counter[str]:
    with cast.active():
        return Counter(Delivery.objects.values_list("state", flat=True))


def all_is_done(cast) -> bool:
    with cast.active():
        return not (
            Delivery.objects.exclude(state="accepted").exists() or Job.objects.exclude(state="done").exists()
        )


def check_none_lost_and_repeats_counted(cast, postman: Postman) -> int:
    """How many repeats there were."""
    received = Counter(postman.server.sink.ids())
    with cast.active():
        rows = {row.message_id: row for row in Delivery.objects.all()}
    assert set(received) == set(rows)
    for message_id, times in received.items():
        assert times - 1 <= rows[message_id].unknown_ends
    return sum(received.values()) - len(received)


@pytest.mark.parametrize(
    ("step", "repeats", "unknown_ends"),
    [
        ("before claim", 0, 0),
        ("after claim", 0, 1),
        ("after hand-over, before record", 1, 1),
        ("after record", 0, 0),
    ],
)
def test_a_kill_at_this_step_loses_nothing(centre, busy_centre, postman, step, repeats, unknown_ends):
    sink = postman.server.sink
    busy_centre(1 if step == "after record" else 2)
    if step == "after claim":
        sink.at_recipient = lambda count: postman.kill() if count == 1 else None
    elif step == "after hand-over, before record":
        sink.at_content = lambda count: postman.kill() if count == 1 else None
    elif step == "before claim":
        # With a slow shared rate the second mail waits for its turn, its job taken and its row not claimed.
        postman.start(RESERVO_MAIL_PER_SECOND="0.1")
        wait_until(lambda: states(centre) == {"accepted": 1, "planned": 1}, lambda: str(states(centre)))
        postman.kill()
    else:
        postman.start()
        wait_until(lambda: states(centre) == {"accepted": 1}, lambda: str(states(centre)))
        postman.kill()
    if postman.kills == 0:
        postman.start()
    wait_until(lambda: postman.is_dead, lambda: "it should have been killed")
    postman.start()
    wait_until(lambda: all_is_done(centre), lambda: str(states(centre)))
    assert postman.kills == 1
    assert check_none_lost_and_repeats_counted(centre, postman) == repeats
    with centre.active():
        assert sum(Delivery.objects.values_list("unknown_ends", flat=True)) == unknown_ends


def campaign(cast, busy_centre, postman: Postman, *, mails: int, kills: int, drops: int, seed: int) -> None:
    """Kills at some hand-overs, before or after the content, and hang-ups after the content at others."""
    dice = random.Random(seed)
    sink = postman.server.sink
    busy_centre(mails)
    chosen = dice.sample(range(2, mails), kills + drops)
    deadly, dropped = set(chosen[:kills]), set(chosen[kills:])
    early = {count for count in deadly if dice.random() < 0.4}

    def at_recipient(count: int) -> None:
        if count in early:
            postman.kill()

    def at_content(count: int) -> None:
        if count in deadly:
            postman.kill()
        sink.drop_after_content = int(count in dropped)

    sink.at_recipient, sink.at_content = at_recipient, at_content
    end = time.monotonic() + 5 * PATIENCE_SECONDS + mails
    while not all_is_done(cast):
        assert time.monotonic() < end, states(cast)
        if postman.is_dead:
            postman.start()
        time.sleep(0.1)
    repeats = check_none_lost_and_repeats_counted(cast, postman)
    assert postman.kills >= 1
    assert 1 <= repeats <= postman.kills + drops
    print(f"{mails} mails, {postman.kills} kills, {drops} hang-ups: {repeats} repeats")


def test_kills_and_hang_ups_lose_nothing(centre, busy_centre, postman):
    campaign(centre, busy_centre, postman, mails=24, kills=3, drops=3, seed=1)


@pytest.mark.full
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("seed", range(5))
def test_many_kills_and_hang_ups_lose_nothing(centre, busy_centre, postman, seed):
    campaign(centre, busy_centre, postman, mails=200, kills=25, drops=25, seed=seed)
