"""An installation to measure: this process seeds it, real processes serve it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from bench import ending
from tests.installation import READY_SECONDS, ROOT, Installation


class Stage(Installation):
    """An empty installation with the bench's own settings: those that ship, and an empty view."""

    def __init__(self, **environment: str):
        super().__init__(DJANGO_SETTINGS_MODULE="bench.settings", RESERVO_RATE_LIMITS="off", **environment)
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Stage:
        """Set this process up as one of the installation's, too."""
        os.environ.update(self.environment)
        import django

        django.setup()
        from reservo.config import preparing

        preparing.prepare()
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is not None and self.log.exists():
            print(self.log.read_text()[-4000:], file=sys.stderr)
        for process in self.processes:
            self.stop_one(process)
        self.end()

    def run(self, *argv: str, **environment: str) -> subprocess.Popen[bytes]:
        """A process of the installation until the stage is left."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                argv,
                env={**self.environment, **environment},
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=ending.with_parent,
            )
        self.processes.append(process)
        return process

    def reservo(self, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        return self.run(sys.executable, "-m", "reservo", *words, **environment)

    def web(self) -> subprocess.Popen[bytes]:
        """Pages as they ship: a process per core."""
        process = self.reservo("web")
        self.wait_ready()
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        """The worker as it ships, once it says that it lives."""
        process = self.reservo("worker")
        from reservo.jobs.models import Heartbeat

        self._until(
            lambda: Heartbeat.objects.filter(process__endswith=f":{process.pid}").exists(), "the worker"
        )
        return process

    def wait_listening(self, port: int) -> None:
        self._until(lambda: _listens(port), f"port {port}")

    def _until(self, is_so: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + READY_SECONDS
        while not is_so():
            if time.monotonic() > end:
                raise AssertionError(f"{what} did not come up:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.1)

    def stop_one(self, process: subprocess.Popen[bytes]) -> None:
        """With the processes that it started itself: none of them outlives the stage."""
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0
