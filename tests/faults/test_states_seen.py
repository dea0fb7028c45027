"""Two web nodes over the same data: a change of a centre's state is seen by both within a second."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import ExitStack, closing

import httpx
import pytest

from tests.faults.moving import PATIENCE_SECONDS, SEEN_WITHIN_SECONDS, SLUG, Node, wait_until
from tests.installation import Installation

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
BETWEEN_SECONDS = 0.01
ANSWERS = {"active": 200, "maintenance": 503}


class Visitor:
    """Asks one node again and again; knows when each question was asked and how it was answered."""

    def __init__(self, node: Node):
        self.node = node
        self.answers: list[tuple[float, int]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> Visitor:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join(PATIENCE_SECONDS)

    def _ask(self) -> None:
        with httpx.Client(timeout=PATIENCE_SECONDS) as http:
            while not self._over.is_set():
                asked_at = time.monotonic()
                self.answers.append((asked_at, http.get(f"{self.node.url}/{SLUG}/").status_code))
                self._over.wait(BETWEEN_SECONDS)

    def answered_after(self, moment: float) -> set[int]:
        """To what was asked later than that; waits for one."""
        wait_until(lambda: self.answers and self.answers[-1][0] > moment, lambda: "no answer")
        return {status for asked_at, status in self.answers if asked_at > moment}


@pytest.fixture
def nodes():
    installation = Installation(RESERVO_RATE_LIMITS="off")
    with ExitStack() as ends:
        ends.callback(installation.end)
        installation.command("prepare")
        installation.command("tenants", "create", SLUG, "--name", "Clínica")
        both = [Node(installation) for _ in range(2)]
        for node in both:
            ends.callback(node.kill)
            node.start()
        for node in both:
            wait_until(node.is_ready, installation.log.read_text)
        yield installation, both


def is_written(installation: Installation, state: str) -> bool:
    with closing(sqlite3.connect(installation.data / "control.db", timeout=30)) as control:
        return control.execute("SELECT state FROM tenancy_placement").fetchone() == (state,)


def written_at(installation: Installation, state: str) -> float:
    """When the control database was seen to say so, while the command is still at work."""
    command = threading.Thread(target=installation.command, args=["tenants", "state", SLUG, state])
    command.start()
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_written(installation, state):
        assert time.monotonic() < end, f"it does not become {state}"
        time.sleep(0.002)
    moment = time.monotonic()
    command.join()
    return moment


def test_both_nodes_see_a_change_of_state_within_a_second(nodes):
    installation, both = nodes
    with ExitStack() as ends:
        visitors = [ends.enter_context(Visitor(node)) for node in both]
        for visitor in visitors:
            wait_until(lambda visitor=visitor: visitor.answers, lambda: "no answer")
        for state in ("maintenance", "active") * 2:
            late = written_at(installation, state) + SEEN_WITHIN_SECONDS
            assert [visitor.answered_after(late) for visitor in visitors] == [{ANSWERS[state]}] * 2
