"""RESERVO_TEST_CONTROL=postgresql|mariadb puts the control plane of a run of tests on a server of its own."""

from __future__ import annotations

import os

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
