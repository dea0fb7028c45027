"""The process tree: a killed child is back within seconds, one signal stops all of it, nothing outlives its parent."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from tests.installation import Installation

pytestmark = [pytest.mark.server, pytest.mark.timeout(240)]
BACK_WITHIN_SECONDS = 10.0
KINDS = {
    "web": "reservo.config.wsgi:application",
    "events": "reservo.notifications.live.app:application",
    "worker": "worker",
    "scheduler": "scheduler",
}


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    made = Installation()
    try:
        made.start("run")
        yield made
    finally:
        made.end()


def tree(installation: Installation) -> list[psutil.Process]:
    return psutil.Process(installation.process.pid).children(recursive=True)


def child(installation: Installation, kind: str) -> psutil.Process | None:
    """The direct child that does this; None while there is none."""
    for process in psutil.Process(installation.process.pid).children():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.cmdline()[-1:] == [KINDS[kind]]:
                return process
        except psutil.NoSuchProcess:
            continue
    return None


def within(seconds: float, fact: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if fact():
            return True
        time.sleep(0.05)
    return False


def running(processes: list[psutil.Process]) -> list[str]:
    return [
        " ".join(process.cmdline())
        for process in processes
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    ]


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_killed_child_is_back_within_seconds(installation, kind):
    assert within(BACK_WITHIN_SECONDS, lambda: child(installation, kind) is not None)
    killed = child(installation, kind)
    below = killed.children(recursive=True)
    killed.kill()
    assert within(
        BACK_WITHIN_SECONDS, lambda: (now := child(installation, kind)) is not None and now.pid != killed.pid
    )
    assert within(BACK_WITHIN_SECONDS, lambda: not running(below))
    if kind == "web":
        installation.wait_ready()


def test_a_killed_worker_of_the_web_server_is_back(installation):
    """One level further down: what serves the pages is a child of the child."""
    web = child(installation, "web")
    if not web.children():
        pytest.fail("the web server has no workers")
    before = {process.pid for process in web.children()}
    victim = next(
        process for process in web.children() if "resource_tracker" not in " ".join(process.cmdline())
    )
    victim.kill()
    assert within(
        BACK_WITHIN_SECONDS,
        lambda: len({process.pid for process in web.children() if process.pid != victim.pid}) >= len(before),
    )
    installation.wait_ready()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_stops_all_of_it(installation, number):
    if installation.process is None:
        installation.start("run")
    everything = tree(installation)
    assert len(everything) >= 4
    installation.process.send_signal(number)
    assert installation.process.wait(20) == 0
    installation.process = None
    assert within(5, lambda: not running(everything)), running(everything)


def test_nothing_outlives_a_parent_that_was_killed(installation):
    installation.start("run")
    everything = tree(installation)
    os.kill(installation.process.pid, signal.SIGKILL)
    installation.process.wait(10)
    installation.process = None
    assert within(15, lambda: not running(everything)), running(everything)


def test_a_child_that_cannot_start_does_not_keep_the_others_from_it(tmp_path):
    """Its attempts become rarer, and the rest runs."""
    import subprocess
    import sys

    up = tmp_path / "up"
    script = (
        "from reservo.config.supervisor import Child, Supervisor\n"
        f"good = Child('good', ['sh', '-c', 'echo up > {up}; sleep 60'])\n"
        "Supervisor([Child('bad', ['/nonexistent']), good]).run()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
    try:
        assert within(BACK_WITHIN_SECONDS, lambda: up.exists())
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(15)
