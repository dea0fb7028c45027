"""Rates, times, memory."""

from __future__ import annotations

import http.client
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from bench.peers import environment


class WrongAnswer(RuntimeError):
    """What was to be measured did not answer as it should."""


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * percent // 100) - 1).__int__())]


def alternated(rounds: int, **measures: Callable[[], float]) -> dict[str, list[float]]:
    """Each measure once a round, in turn and in changing order, so that a noisy minute hits all of them alike."""
    found: dict[str, list[float]] = {name: [] for name in measures}
    names = list(measures)
    for number in range(rounds):
        for name in names if number % 2 == 0 else reversed(names):
            found[name].append(measures[name]())
    return found


def ratio(found: dict[str, list[float]], above: str, below: str) -> float:
    """Median of the rounds' own ratios."""
    return statistics.median(a / b for a, b in zip(found[above], found[below], strict=True))


def requests_per_second(
    url: str,
    *,
    connections: int,
    seconds: float,
    headers: dict[str, str] | None = None,
    script: Path | None = None,
) -> float:
    """wrk with one thread; anything but 2xx is an error."""
    command = [
        environment.debian("wrk", "wrk"),
        "-t1",
        f"-c{connections}",
        f"-d{seconds:g}s",
        "--timeout",
        "20s",
    ]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    if script:
        command += ["-s", str(script)]
    said = subprocess.run(
        [*command, url], capture_output=True, text=True, check=True, timeout=seconds + 60
    ).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise WrongAnswer(said)
    return float(said.split("Requests/sec:")[1].split()[0])


class Caller:
    """One kept-alive connection that times its requests."""

    def __init__(self, url: str, **headers: str):
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self._headers = headers

    def milliseconds(self, path: str, **headers: str) -> float:
        began = time.perf_counter()
        self.body(path, **headers)
        return (time.perf_counter() - began) * 1000

    def body(self, path: str, **headers: str) -> bytes:
        self._connection.request("GET", path, headers={**self._headers, **headers})
        response = self._connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise WrongAnswer(f"{path}: {response.status} {content[:300]!r}")
        return content


def megabytes(*pids: int) -> float:
    """Memory of these processes and their children, shared pages divided among their users (PSS)."""
    return sum(_pss(process) for process in _trees(pids)) / 2**20


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0  # a child that has ended since it was listed


def _trees(pids: Sequence[int]) -> list[psutil.Process]:
    found = []
    for pid in pids:
        root = psutil.Process(pid)
        found += [root, *root.children(recursive=True)]
    return found
