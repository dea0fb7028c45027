"""Backups and restores of one centre on each engine beside the engine's own dump; what a backup does to its pages."""

from __future__ import annotations

import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from bench import measuring
from bench.figure import Figure, ratio_at_most
from bench.size import sized
from bench.stage import Stage
from tests.servers import SERVERS, missing

DAYS, PEOPLE, A_DAY = sized(500, 20), 10, 18
PAGES = sized(400, 40)
WAIT_SECONDS = 0.05
WRITERS_NICE = 10


def measure() -> list[Figure]:
    with Stage() as stage, ExitStack() as servers:
        page, cookie = _seed(stage)
        found = _by_engine(stage, servers)
        stage.web()
        return [*found, _beside_pages(stage, page, cookie)]


def _seed(stage: Stage) -> tuple[str, str]:
    from bench import seeding
    from reservo.core import zones
    from reservo.core.clock import now

    route, places = seeding.centre("grande", people=PEOPLE)
    first = zones.local_date(now(), seeding.ZONE).replace(year=zones.local_date(now(), seeding.ZONE).year - 2)
    seeding.visits(route, places, list(seeding.weekdays(first, DAYS)), a_day=A_DAY)
    day = next(seeding.weekdays(zones.local_date(now(), seeding.ZONE), 1))
    seeding.visits(route, places, [day], a_day=A_DAY)
    return f"/grande/agenda/?dia={day}", seeding.log_in(route, seeding.user())


def _by_engine(stage: Stage, servers: ExitStack) -> list[Figure]:
    from reservo.core.clock import now
    from reservo.fleet.backups import restoring, sources

    found = _figures(stage, "sqlite", "grande", _sqlite_dump(stage))
    tenant_id = _tenant_id("grande")
    for engine, make in SERVERS.items():
        if missing(engine):
            continue
        os.environ.pop("TMPDIR", None)  # the bench's own, which the server's user may not enter
        server = make()
        servers.callback(server.end)
        server.start()
        _add_store(engine, server.pool("bench"))
        restoring.as_new(f"grande-{engine}", sources.newest(tenant_id), store=engine, clock=now)
        found += _figures(stage, engine, f"grande-{engine}", DUMPS[engine](stage, server, f"grande-{engine}"))
    return found


def _add_store(name: str, pool: dict[str, str]) -> None:
    from reservo.tenants import stores

    stores.add(stores.Description(name=name, capacity=9, is_dedicated=True, **pool))


def _tenant_id(slug: str) -> int:
    from reservo.tenancy.models import Placement

    return Placement.objects.get(slug=slug).pk


def _figures(
    stage: Stage, engine: str, slug: str, dump: tuple[Callable[[], None], Callable[[], None]]
) -> list[Figure]:
    """Ours reads back, restores and compares within its time; the engine's own dump only writes."""
    from reservo.core.clock import now
    from reservo.fleet.backups import restoring, running, sources

    backup = running.begin(_tenant_id(slug), slug, "bench", at=now())
    if not running.run(backup):
        raise measuring.WrongAnswer(backup.error)
    megabytes = backup.data_bytes / 1e6
    restored = _seconds(lambda: restoring.over_itself(slug, sources.newest(_tenant_id(slug)), clock=now))
    own, own_restored = (_seconds(part) for part in dump)
    note = f"{backup.rows:,} rows, {megabytes:.0f} MB, {backup.stored_bytes / 1e6:.0f} MB stored; ours compares, too"
    return [
        Figure(
            f"backup-{engine}", megabytes / backup.seconds, "MB/s", megabytes / own, "own dump", note=note
        ),
        Figure(
            f"restore-{engine}", megabytes / restored, "MB/s", megabytes / own_restored, "own dump read in"
        ),
    ]


def _seconds(part: Callable[[], Any]) -> float:
    began = time.perf_counter()
    part()
    return time.perf_counter() - began


def _sqlite_dump(stage: Stage) -> tuple[Callable[[], None], Callable[[], None]]:
    target = stage.data / "dump.db"

    def write() -> None:
        _copy(_file_of("grande"), target)

    def read() -> None:
        _copy(target, stage.data / "again.db")

    return write, read


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as write:
        read.backup(write)


def _file_of(slug: str) -> Path:
    from reservo.tenancy.models import Placement

    placement = Placement.objects.select_related("store").get(slug=slug)
    return Path(placement.store.address) / placement.namespace


def _postgres_dump(stage: Stage, server: Any, slug: str) -> tuple[Callable[[], None], Callable[[], None]]:
    target = stage.data / "dump.sql"
    where = ["-h", "127.0.0.1", "-p", str(server.port), "-U", "postgres"]

    def write() -> None:
        schema = _file_of(slug).name
        _run([str(server.bin / "pg_dump"), *where, "-n", schema, "-f", str(target), "bench"])

    def read() -> None:
        _run([str(server.bin / "createdb"), *where, "again"])
        _run([str(server.bin / "psql"), *where, "-q", "-d", "again", "-f", str(target)])

    return write, read


def _maria_dump(stage: Stage, server: Any, slug: str) -> tuple[Callable[[], None], Callable[[], None]]:
    target = stage.data / "dump.maria.sql"
    where = ["--no-defaults", f"--socket={server.folder / 'server.sock'}", "-u", "root"]

    def write() -> None:
        with target.open("wb") as file:
            _run(["mariadb-dump", *where, "--single-transaction", _file_of(slug).name], stdout=file)

    def read() -> None:
        _run(["mariadb", *where, "-e", "CREATE DATABASE again"])
        with target.open("rb") as file:
            _run(["mariadb", *where, "again"], stdin=file)

    return write, read


DUMPS = {"postgresql": _postgres_dump, "mariadb": _maria_dump}


def _run(argv: list[str], **options: Any) -> None:
    subprocess.run(argv, check=True, timeout=600, **{"stdout": subprocess.DEVNULL, **options})


def _beside_pages(stage: Stage, page: str, cookie: str) -> Figure:
    """The day page at a fixed rate, in turns with nothing else and with backups of the same centre without a pause."""
    caller = measuring.Caller(stage.url)
    quiet, busy = [], []
    for turn in range(4):
        backups = _Backups(stage) if turn % 2 else None
        (busy if backups else quiet).extend(_paced(caller, page, cookie))
        if backups:
            backups.end()
    alone, beside = (measuring.percentile(found, 95) for found in (quiet, busy))
    return Figure(
        "page-beside-backup",
        beside,
        "ms p95",
        alone,
        "no backup",
        bar=ratio_at_most(1.2),
        note=f"medians {statistics.median(busy):.1f} and {statistics.median(quiet):.1f} ms",
    )


def _paced(caller: measuring.Caller, page: str, cookie: str) -> list[float]:
    found = []
    for _ in range(PAGES // 2):
        found.append(caller.milliseconds(page, Cookie=cookie))
        time.sleep(WAIT_SECONDS)
    return found


class _Backups:
    """One after the other, as the keeper takes them: at low priority, in a process of their own."""

    def __init__(self, stage: Stage) -> None:
        self._over = threading.Event()
        self._stage = stage
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        argv = [sys.executable, "-m", "reservo", "backup", "grande"]
        while not self._over.is_set():
            subprocess.run(
                [shutil.which("nice") or "nice", "-n", str(WRITERS_NICE), *argv],
                env={**os.environ, **self._stage.environment},
                check=True,
                stdout=subprocess.DEVNULL,
                timeout=600,
            )

    def end(self) -> None:
        self._over.set()
        self._thread.join()
