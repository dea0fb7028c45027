"""Ten thousand centres in files on one machine: disk, memory of a node that has seen them all, the first request to a
cold one, and `fleet migrate` of one added column, as the next release brings it."""

from __future__ import annotations

import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import measuring
from bench.figure import Figure, value_at_most
from bench.size import sized
from bench.stage import ROOT, Stage
from tests.fleet.releases import ADD_COLUMN, Release

CENTRES = sized(10_000, 200)
WARM = sized(1_000, 50)
PROCESSES = 2
SPARE = 1.5
MOST_MINUTES = 10
MIGRATE_SECONDS = 3_000


class NoRoom(measuring.WrongAnswer):
    """The disk cannot hold so many; the message says how much is wanted."""


def measure() -> list[Figure]:
    with Stage() as stage:
        _ask_for_room(stage)
        _make(CENTRES)
        disk = _bytes_in(stage.data) / 1e6
        web = stage.web()
        little = _visited_one(stage, web.pid)
        cold = [_visit(stage, number) for number in range(CENTRES)]
        much = measuring.megabytes(web.pid)
        luck = random.Random(CENTRES)
        warm = [_warm(stage, luck.randrange(CENTRES)) for _ in range(WARM)]
        stage.stop_one(web)
        seconds = _migrate(stage)
    return [
        Figure("fleet-disk", disk, "MB", note=f"{CENTRES:,} centres, {disk * 1000 / CENTRES:.0f} kB each"),
        Figure("fleet-node-memory", much, "MB", little, "one centre seen", note=f"{CENTRES:,} centres seen"),
        Figure(
            "fleet-cold-request",
            statistics.median(cold),
            "ms",
            statistics.median(warm),
            "seen just before",
            note=f"booking page; p99 {measuring.percentile(cold, 99):.0f} ms",
        ),
        Figure(
            "fleet-migrate",
            seconds / 60,
            "min",
            bar=value_at_most(MOST_MINUTES),
            note=f"{CENTRES:,} centres in {seconds:.0f} s, {PROCESSES} processes, one column with a default",
        ),
    ]


def _ask_for_room(stage: Stage) -> None:
    before = _bytes_in(stage.data)
    _make(1, first=CENTRES)
    wanted = (_bytes_in(stage.data) - before) * CENTRES * SPARE
    free = shutil.disk_usage(stage.data).free
    if free < wanted:
        raise NoRoom(
            f"{CENTRES:,} centres want {wanted / 1e9:.1f} GB in {stage.data}; {free / 1e9:.1f} GB are free"
        )


def _make(count: int, *, first: int = 0) -> None:
    from bench.seeding import ZONE
    from reservo.core.clock import now
    from reservo.tenants.operations import create_tenant

    for number in range(first, first + count):
        create_tenant(_slug(number), name=f"Centro {number}", country="PE", zone=ZONE, at=now())


def _slug(number: int) -> str:
    return f"centro-{number:05}"


def _bytes_in(folder: Path) -> int:
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


def _visited_one(stage: Stage, pid: int) -> float:
    """Every process of the node has seen it."""
    for _ in range(50):
        _visit(stage, CENTRES)
    return measuring.megabytes(pid)


def _visit(stage: Stage, number: int) -> float:
    """A connection of its own: any of the node's processes may answer."""
    return measuring.Caller(stage.url).milliseconds(f"/{_slug(number)}/")


def _warm(stage: Stage, number: int) -> float:
    """By one connection: the process that answers has just answered for this centre."""
    caller = measuring.Caller(stage.url)
    caller.body(f"/{_slug(number)}/")
    return caller.milliseconds(f"/{_slug(number)}/")


def _migrate(stage: Stage) -> float:
    """What the command takes from its start to its end, everything up to date."""
    with tempfile.TemporaryDirectory() as folder:
        release = Release(Path(folder), ADD_COLUMN).of(stage)
        release.command("prepare")
        argv = [sys.executable, "-m", "reservo", "fleet", "migrate", "--processes", str(PROCESSES)]
        began = time.perf_counter()
        done = subprocess.run(
            argv,
            env=release.environment,
            cwd=ROOT,
            timeout=MIGRATE_SECONDS,
            check=False,
            capture_output=True,
            text=True,
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            raise measuring.WrongAnswer(done.stdout[-2000:] + done.stderr[-2000:])
        release.command("fleet", "status")
    return seconds
