"""RESERVO_TEST_CONTROL=postgresql|mariadb puts the control plane of a run of tests on a server of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import SERVERS, Server

_started: list[Server] = []


def start() -> None:
    """Before the settings are read."""
    engine = os.environ.get("RESERVO_TEST_CONTROL", "sqlite")
    if engine == "sqlite":
        return
    server = SERVERS[engine]()
    _started.append(server)
    server.start()
    os.environ["RESERVO_CONTROL_URL"] = server.control_url()


def end() -> None:
    for server in _started:
        server.end()


@contextmanager
def away() -> Iterator[None]:
    """The control database does not answer: its file is moved, or its server and all that it started stands still."""
    if _started:
        with _standing_still(_started[0]):
            yield
        return
    file = Path(os.environ["RESERVO_DATA_DIR"]) / "control.db"
    moved = file.rename(file.with_name("control.db.moved"))
    try:
        yield
    finally:
        moved.rename(file)


@contextmanager
def _standing_still(server: Server) -> Iterator[None]:
    parent = server.process.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    stopped = [parent, *map(int, children)]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
