"""One process tree: children are started, watched, restarted when they end or hang, and never outlive their parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess  # nosec B404: our own entry points
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

from reservo.config import pulse
from reservo.config.hangs import Live, Pulses

FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 5.0
HEALTHY_SECONDS = 30.0
GRACE_SECONDS = 10.0
POLL_SECONDS = 0.1
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Child:
    """A command that is to run always."""

    name: str
    argv: list[str]
    pulses: Pulses | None = None
    live: Live | None = None
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    wait: float = FIRST_WAIT_SECONDS
    start_at: float = field(default=0.0)


class Supervisor:
    def __init__(self, children: list[Child]):
        self.children = children
        self._stopping = False

    def run(self) -> int:
        """Until SIGINT or SIGTERM; then everything is stopped. Exit code."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        while not self._stopping:
            for child in list(self.children):
                self._watch(child)
            time.sleep(POLL_SECONDS)
        self._end_all()
        return 0

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True

    def _watch(self, child: Child) -> None:
        at = time.monotonic()
        if child.process is not None:
            if child.process.poll() is None:
                _end_if_hung(child, child.process)
                if at - child.started > HEALTHY_SECONDS:
                    child.wait = FIRST_WAIT_SECONDS
                return
            _signal(child.process, signal.SIGKILL)  # what it had started itself must not hold its port
            self._put_off(child, f"ended ({child.process.returncode})", at)
            child.process = None
        if at >= child.start_at:
            self._start(child, at)

    def _start(self, child: Child, at: float) -> None:
        child.started = at
        try:
            child.process = subprocess.Popen(  # noqa: S603  # nosec B603: our own entry points
                child.argv, env=_environment(child), start_new_session=True, preexec_fn=_die_with_parent
            )
        except OSError as broken:
            self._put_off(child, str(broken), at)
            return
        if child.live:
            child.live.watch(child.process.pid)

    def _put_off(self, child: Child, why: str, at: float) -> None:
        print(f"{child.name} {why}; starting it again", file=sys.stderr, flush=True)
        child.start_at = at + child.wait
        child.wait = min(child.wait * 2, LONGEST_WAIT_SECONDS)

    def _end_all(self) -> None:
        running = [child.process for child in self.children if child.process and child.process.poll() is None]
        for process in running:
            _signal(process, signal.SIGTERM)
        end = time.monotonic() + GRACE_SECONDS
        for process in running:
            try:
                process.wait(max(end - time.monotonic(), 0.05))
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()
            _signal(process, signal.SIGKILL)


def _environment(child: Child) -> dict[str, str]:
    if child.pulses is None:
        return dict(os.environ)
    child.pulses.clear()
    return {**os.environ, pulse.VARIABLE: str(child.pulses.place)}


def _end_if_hung(child: Child, process: subprocess.Popen[bytes]) -> None:
    """What the child started itself is for the child to start again; that it ended itself is seen at the next look."""
    still = child.pulses.still(process.pid) if child.pulses else []
    if process.pid in still or (child.live and child.live.is_missed):
        print(f"{child.name} hangs; it is ended", file=sys.stderr, flush=True)
        _signal(process, signal.SIGKILL)
        return
    for pid in still:
        print(f"a process of {child.name} hangs; it is ended", file=sys.stderr, flush=True)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    """To the child's whole group: its own workers too."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
