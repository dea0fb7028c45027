"""What the processes of an installation are, and how each is started."""

from __future__ import annotations

import os
import sys

from reservo.config import environment
from reservo.config.hangs import Live, Pulses
from reservo.config.supervisor import Child

WEB = "reservo.config.wsgi:application"
EVENTS = "reservo.notifications.live.app:application"
SERVER = "reservo.config.served"
PAGES_ROOM, EVENTS_ROOM = 256, 8_192  # connections that a process takes at a time
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # nosec B104


def bind() -> str:
    return os.environ.get("RESERVO_BIND") or "127.0.0.1"


def web_argv() -> list[str]:
    workers = os.environ.get("RESERVO_WORKERS") or str(os.cpu_count() or 2)
    threads = os.environ.get("RESERVO_THREADS") or "3"
    return [
        *(
            sys.executable,
            "-m",
            SERVER,
            "--interface",
            "wsgi",
            "--host",
            bind(),
            "--port",
            str(environment.port()),
        ),
        *("--workers", workers, "--blocking-threads", threads, "--respawn-failed-workers", "--no-ws"),
        # A worker that is still starting does not hear the signal to stop.
        *("--log-level", "warning", "--workers-kill-timeout", "5", "--backpressure", str(PAGES_ROOM), WEB),
    ]


def events_argv() -> list[str]:
    return [
        *(sys.executable, "-m", SERVER, "--interface", "asgi", "--host", bind()),
        *("--port", str(environment.events_port()), "--workers", "1", "--respawn-failed-workers", "--no-ws"),
        # Streams do not end by themselves: a stop does not wait for them, and browsers come back.
        *("--log-level", "warning", "--workers-kill-timeout", "1"),
        *("--backlog", "4096", "--backpressure", str(EVENTS_ROOM)),
        EVENTS,
    ]


def children() -> list[Child]:
    host = ANYWHERE.get(bind(), bind())
    return [
        Child("web", web_argv(), _pulses("web"), Live(host, environment.port(), room=PAGES_ROOM)),
        Child(
            "events",
            events_argv(),
            _pulses("events"),
            Live(host, environment.events_port(), room=EVENTS_ROOM),
        ),
        Child("worker", [sys.executable, "-m", "reservo", "worker"], _pulses("worker")),
        Child("scheduler", [sys.executable, "-m", "reservo", "scheduler"], _pulses("scheduler")),
        Child("keeper", [sys.executable, "-m", "reservo", "keeper"]),
        Child("porter", [sys.executable, "-m", "reservo", "porter"]),
    ]


def _pulses(name: str) -> Pulses:
    """Several installations may share the data; none shares the port."""
    return Pulses(environment.data_dir() / "pulse" / f"{environment.port()}-{name}")
