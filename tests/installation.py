"""A whole Reservo of its own for a test: the real processes, on loopback, on free ports, gone afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
READY_SECONDS = 180.0


def free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(closing(socket.socket())) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _control_of_the_run(environment: dict[str, str]) -> dict[str, str]:
    """Over the data of the test run itself, its control plane too, wherever that is."""
    url = os.environ.get("RESERVO_CONTROL_URL")
    shared = environment.get("RESERVO_DATA_DIR") == os.environ.get("RESERVO_DATA_DIR", "")
    return {"RESERVO_CONTROL_URL": url} if url and shared else {}


class Installation:
    """Data, environment and processes of one installation."""

    def __init__(self, **environment: str):
        self.data = Path(tempfile.mkdtemp(prefix="reservo-run-"))
        self.port, self.events_port = free_ports(2)
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RESERVO_")},
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "RESERVO_DATA_DIR": str(self.data),
            "RESERVO_STATIC_ROOT": str(ROOT / "build" / "static"),
            "PORT": str(self.port),
            "RESERVO_EVENTS_PORT": str(self.events_port),
            **_control_of_the_run(environment),
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def command(
        self, *words: str, timeout: float = 120, check: bool = True, input: str = "", **environment: str
    ) -> str:
        """What `reservo WORDS` prints; a failure shows what it said."""
        done = self.outcome(*words, timeout=timeout, input=input, **environment)
        if check and done.returncode:
            raise AssertionError(
                f"reservo {' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
            )
        return done.stdout

    def outcome(
        self, *words: str, timeout: float = 120, input: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """`reservo WORDS`, however it ends."""
        return subprocess.run(
            [sys.executable, "-m", "reservo", *words],
            env={**self.environment, **environment},
            cwd=ROOT,
            capture_output=True,
            text=True,
            input=input,
            timeout=timeout,
            check=False,
        )

    def add_store(self, server: Any, name: str, *options: str) -> dict[str, str]:
        """A pool for centres on one of the run's servers; what the server said of it."""
        pool = server.pool(name)
        self.command(
            *("stores", "add", name, "--engine", server.engine, "--address", pool["address"]),
            *("--capacity", "9", "--login", pool["login"], "--provisioner", pool["provisioner"], *options),
            RESERVO_STORE_PASSWORD=pool["password"],
            RESERVO_PROVISIONER_PASSWORD=pool["provisioner_password"],
        )
        return pool

    def be_a_demo(self) -> None:
        """Its clock may be shifted and its mail stays in its mailbox."""
        (self.data / "installation.json").write_text('{"demo": true}')

    def live_on(self, server: Any, name: str) -> None:
        """Every centre that comes goes to the server; on None all stays as it ships."""
        if server:
            self.command("prepare")
            self.add_store(server, name)
            self.environment["RESERVO_DEFAULT_STORE"] = name

    def python(self, code: str) -> str:
        """What a script prints, with Django set up."""
        done = subprocess.run(
            [sys.executable, "-c", f"import django; django.setup()\n{code}"],
            env={**self.environment, "DJANGO_SETTINGS_MODULE": "reservo.config.settings"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode:
            raise AssertionError(done.stderr)
        return done.stdout

    def start(self, *words: str, wait: bool = True, **environment: str) -> None:
        """Run `reservo WORDS` (default: run) until `stop`; its output goes to `self.log`."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "reservo", *(words or ("run",))],
                env={**self.environment, **environment},
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        if wait:
            self.wait_ready()

    @property
    def log(self) -> Path:
        return self.data / "test.log"

    def wait_ready(self) -> None:
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            if self.process and self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/ready", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(f"not ready:\n{self.log.read_text()[-4000:]}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def end(self) -> None:
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)
