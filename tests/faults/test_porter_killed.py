"""The porter killed with SIGKILL in the middle of a move: the supervisor starts another, which goes on to the end."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import threading
import time

import psutil
import pytest

from tests.installation import Installation

pytestmark = pytest.mark.server
SLUG = "clinica"
ORDER = f"""
from reservo.console.operations import moves
from reservo.console.trail import shell_actor
from reservo.core.clock import now
print(moves.start("{SLUG}", "dos", reason="otro disco", by=shell_actor(), at=now()).pk)
"""
STATE = """
from reservo.fleet.models import Move, Order
move, order = Move.objects.latest("pk"), Order.objects.latest("pk")
print(move.state, order.state, order.attempts)
"""


@pytest.fixture
def running():
    installation = Installation()
    installation.command("prepare")
    for name in ("uno", "dos"):
        folder = str(installation.data / name)
        installation.command(
            "stores", "add", name, "--engine", "sqlite", "--address", folder, "--capacity", "9"
        )
    installation.command("tenants", "create", SLUG, "--name", "Clínica", "--store", "uno")
    installation.start("run")
    yield installation
    installation.end()


def porter_of(installation):
    for one in psutil.Process(installation.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if one.cmdline()[-1:] == ["porter"]:
                return one
    return None


def is_being_carried(installation):
    with contextlib.closing(sqlite3.connect(installation.data / "control.db")) as control:
        return control.execute("SELECT 1 FROM fleet_order WHERE state = 'running'").fetchone()


def wait(condition, seconds, pause=0.2):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(pause)
    raise AssertionError("it did not come to that")


@pytest.mark.timeout(180)
def test_a_killed_porter_is_back_and_goes_on(running):
    porter = wait(lambda: porter_of(running), 20)
    asking = threading.Thread(target=running.python, args=[ORDER])
    asking.start()
    wait(lambda: is_being_carried(running), 20, pause=0.002)
    os.kill(porter.pid, signal.SIGKILL)
    asking.join()
    wait(lambda: (one := porter_of(running)) and one.pid != porter.pid, 10)
    wait(lambda: running.python(STATE).split() == ["done", "done", "2"], 90)
    assert "dos" in running.command("tenants", "list")
