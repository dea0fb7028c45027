"""The process tree: what is killed or hangs is back in seconds, one signal stops all, nothing outlives its parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator

import psutil
import pytest

from reservo.config.hangs import STILL_LOOKS, Live, Pulses
from tests.installation import Installation, free_ports

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
    found = []
    for process in processes:
        try:
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except psutil.NoSuchProcess:  # a zombie by now, too
            continue
    return found


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


def workers_of(server: psutil.Process) -> list[psutil.Process]:
    """Those of the server's children that answer requests."""
    return [
        one for one in server.children() if (line := running([one])) and "resource_tracker" not in line[0]
    ]


def beats(process: psutil.Process, installation: Installation) -> bool:
    return any(installation.data.glob(f"pulse/*/{process.pid}"))


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_hung_child_is_back_within_seconds(installation, kind):
    assert within(60, lambda: (now := child(installation, kind)) is not None and beats(now, installation))
    hung = child(installation, kind)
    below = hung.children(recursive=True)
    hung.send_signal(signal.SIGSTOP)
    assert within(
        BACK_WITHIN_SECONDS, lambda: (now := child(installation, kind)) is not None and now.pid != hung.pid
    )
    assert within(BACK_WITHIN_SECONDS, lambda: not running([hung, *below]))
    installation.wait_ready()


def test_one_hung_worker_of_the_pages_is_back_and_the_others_stay(installation):
    web = child(installation, "web")
    assert within(
        60, lambda: len(workers_of(web)) > 1 and all(beats(w, installation) for w in workers_of(web))
    )
    hung, *others = workers_of(web)
    hung.send_signal(signal.SIGSTOP)
    assert within(BACK_WITHIN_SECONDS, lambda: not running([hung]) and len(workers_of(web)) > len(others))
    assert child(installation, "web") == web
    assert running(others) != []
    installation.wait_ready()


def test_events_whose_loop_hangs_are_back(installation):
    """They beat no pulse: their address is asked."""
    events = child(installation, "events")
    assert within(60, lambda: is_live(installation))
    time.sleep(1.5)  # the supervisor has had its first answer
    workers_of(events)[0].send_signal(signal.SIGSTOP)
    assert within(BACK_WITHIN_SECONDS, lambda: child(installation, "events") not in (None, events))
    assert within(BACK_WITHIN_SECONDS, lambda: is_live(installation))


def is_live(installation: Installation) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{installation.events_port}/live", timeout=1):
            return True
    except OSError:
        return False


FULL = 100
SILENT = """
import http.server, sys, time
answered = []
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if answered or sys.argv[2] == "starting":
            end = time.monotonic() + 60
            while time.monotonic() < end:
                time.sleep(0 if sys.argv[2] == "busy" else 1)
        answered.append(1)
        self.send_response(204)
        self.end_headers()
    log_message = print
http.server.HTTPServer.request_queue_size = 200
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.mark.timeout(60)
def test_silence_is_a_hang_only_of_who_is_idle_and_has_answered_before():
    """Servers that do not answer: one that works, one that starts, one that is full of visitors, one that hangs."""
    kinds = ("busy", "starting", "full", "idle")
    ports = dict(zip(kinds, free_ports(4), strict=True))
    started = {
        kind: subprocess.Popen([sys.executable, "-c", SILENT, str(ports[kind]), kind], start_new_session=True)
        for kind in kinds
    }
    asked = {kind: Live("127.0.0.1", ports[kind], room=FULL) for kind in kinds}
    try:
        for kind in kinds:
            asked[kind].watch(started[kind].pid)
        assert within(10, lambda: asked["full"]._has_answered)
        visitors = [socket.create_connection(("127.0.0.1", ports["full"])) for _ in range(FULL)]
        assert within(20, lambda: asked["idle"].is_missed)
        assert within(3, lambda: any(asked[kind].is_missed for kind in kinds[:3])) is False
        for visitor in visitors:
            visitor.close()
        assert within(5, lambda: asked["full"].is_missed)
    finally:
        for process in started.values():
            process.kill()
            process.wait()


def test_a_child_whose_supervisor_stood_still_too_is_not_blamed(tmp_path):
    """A machine that slept: between two looks is an hour, but only one look."""
    pulses = Pulses(tmp_path)
    pulses.clear()
    beat = tmp_path / str(os.getpid())
    for seconds in range(20):
        os.close(os.open(beat, os.O_CREAT | os.O_WRONLY))
        os.utime(beat, (3_600 * seconds, 3_600 * seconds))
        for _ in range(STILL_LOOKS - 1):
            pulses._looked = 0.0
            assert pulses.still(os.getpgid(0)) == []
    for _ in range(STILL_LOOKS):
        pulses._looked = 0.0
        found = pulses.still(os.getpgid(0))
    assert found == [os.getpid()]


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
