"""Centres moved between every two engines under load: how long it takes, and how long nobody could write."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any

from bench import ending, measuring
from bench.figure import Figure, value_at_most
from bench.peers.environment import ROOT, PeerMissing
from bench.size import sized
from bench.stage import Stage
from tests.servers import SERVERS, missing

# Every directed pair of engines once, one after the other.
TOUR = ("postgresql", "mariadb", "sqlite", "mariadb", "postgresql", "sqlite")
PEOPLE, A_DAY = 10, 18
ROWS = sized(1_000_000, 20_000)
SMALL_ROWS, SMALL = sized(10_000, 2_000), sized(100, 4)
OWN_RATE, RATE_AROUND, AROUND = 20, 200, 10
MOVE_SECONDS = 3_000


def measure() -> list[Figure]:
    with Stage() as stage, ExitStack() as ended:
        _stores(stage, ended)
        around = _small_centres("alrededor", AROUND, 200)
        found = _large_ones(stage, around)
        return found + _small_ones(stage, around)


def _stores(stage: Stage, ended: ExitStack) -> None:
    """One of each engine, called by its name."""
    from reservo.tenants import stores

    folder = str(stage.data / "files")
    stores.add(stores.Description(name="sqlite", engine="sqlite", address=folder, capacity=1_000))
    os.environ["RESERVO_DEFAULT_STORE"] = "sqlite"
    os.environ.pop("TMPDIR", None)  # the bench's own, which a server's user may not enter
    for engine, make in SERVERS.items():
        if what := missing(engine):
            raise PeerMissing(what)
        server = make()
        ended.callback(server.end)
        server.start()
        stores.add(stores.Description(name=engine, capacity=1_000, **server.pool("bench")))


def _small_centres(name: str, count: int, rows: int) -> list[str]:
    return [_centre(f"{name}-{number}", rows) for number in range(count)]


def _centre(slug: str, rows: int) -> str:
    """A centre in the installation's own store with about so many rows: past visits have two each."""
    from datetime import timedelta

    from bench import seeding
    from reservo.core import zones
    from reservo.core.clock import now

    route, places = seeding.centre(slug, people=PEOPLE, patients=min(500, rows // 10))
    a_day = min(A_DAY, max(1, rows // (2 * PEOPLE)))
    days = max(1, rows // (2 * PEOPLE * a_day))
    first = zones.local_date(now(), seeding.ZONE) - timedelta(days=days * 7 // 5 + 7)
    seeding.visits(
        route, places, list(seeding.weekdays(first, days)), a_day=a_day, patients=min(500, rows // 10)
    )
    return slug


def _large_ones(stage: Stage, around: list[str]) -> list[Figure]:
    _centre("grande", ROWS)
    found, where, written = [], "sqlite", 0
    for target in TOUR:
        with Writing(stage, OWN_RATE, ["grande"]) as own, Writing(stage, RATE_AROUND, around) as others:
            seconds, move = _moved(stage, "grande", target)
        written += own.made["grande"]
        _check_kept("grande", written)
        note = (
            f"{move['rows']:,} rows, {move['bytes'] / 1e6:.0f} MB; pause {move['pause_seconds'] * 1000:.0f} ms; "
            f"slowest write of its own {own.slowest * 1000:.0f} ms, around it {others.slowest * 1000:.0f} ms"
        )
        found.append(Figure(f"move-{where}-{target}", seconds, "s", note=note))
        where = target
    return found


def _small_ones(stage: Stage, around: list[str]) -> list[Figure]:
    slugs = _small_centres("chico", SMALL, SMALL_ROWS)
    found, where = [], "sqlite"
    for target in TOUR:
        with Writing(stage, RATE_AROUND, around):
            pauses = [_moved_here(slug, target)["pause_seconds"] for slug in slugs]
        found.append(
            Figure(
                f"move-pause-{where}-{target}",
                measuring.percentile(pauses, 99),
                "s p99",
                bar=value_at_most(0.5),
                note=f"{SMALL} centres of {SMALL_ROWS:,} rows; p50 {statistics.median(pauses) * 1000:.0f} ms",
            )
        )
        where = target
    return found


def _moved(stage: Stage, slug: str, target: str) -> tuple[float, dict[str, Any]]:
    """Seconds of the whole command, and what its report says."""
    from reservo.fleet.models import Move

    began = time.perf_counter()
    argv = [sys.executable, "-m", "reservo", "tenants", "move", slug, "--to", target]
    subprocess.run(
        argv, env=stage.environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=MOVE_SECONDS
    )
    seconds = time.perf_counter() - began
    return seconds, _without_source(Move.objects.filter(slug=slug).latest("pk"))


def _moved_here(slug: str, target: str) -> dict[str, Any]:
    """What the report of a move says; without a command's start, which would take most of the time."""
    from reservo.core.clock import now
    from reservo.fleet.moves import planning, running

    return _without_source(running.run(planning.plan(slug, target, at=now()), clock=now))


def _without_source(move: Any) -> dict[str, Any]:
    """Its report; the place it left is removed, so that the centre can come back to it."""
    from reservo.core.clock import now
    from reservo.fleet.moves import planning

    planning.remove_source(move, at=now(), early=True)
    report: dict[str, Any] = move.report
    return report


def _check_kept(slug: str, written: int) -> None:
    from bench.writing import KIND
    from reservo import tenancy
    from reservo.notifications.models import Notice
    from reservo.tenancy import directory

    directory.forget()
    with tenancy.activate(directory.find(slug)):
        kept = Notice.objects.filter(kind=KIND).count()
    if kept != written:
        raise measuring.WrongAnswer(f"{slug}: {written} writes were acknowledged, {kept} are there")


class Writing:
    """Writes at this rate while the block lasts; what was acknowledged afterwards."""

    def __init__(self, stage: Stage, rate: int, slugs: list[str]) -> None:
        self.made: dict[str, int] = {}
        self.slowest = 0.0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.writing", str(rate), *slugs],
            env=stage.environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=ending.with_parent,
        )

    def __enter__(self) -> Writing:
        self._process.stdout.readline()
        return self

    def __exit__(self, *error: object) -> None:
        said = self._process.communicate(timeout=60)[0]
        if error[0] is None:
            told = json.loads(said)
            self.made, self.slowest = told["made"], told["slowest"]
