"""What twenty centres feel of one that is asked much: with a small history and with millions of appointments."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any

from bench import ending, measuring
from bench.figure import Figure, ratio_at_most, value_at_most
from bench.peers.environment import ROOT, PeerMissing
from bench.size import sized
from bench.stage import Stage
from tests.servers import PostgresServer, missing

OTHERS = sized(20, 4)
A_DAY, PEOPLE = 17, 10
A_WEEK = A_DAY * PEOPLE * 5
SMALL_HISTORY = 5_000
BIG_HISTORY = sized(5_000_000, 50_000)
BIG_BRANCHES = sized(40, 4)
RATE = 5
ROUNDS, VISITS = sized(10, 2), sized(100, 30)
OVERLOAD_VISITS = sized(400, 60)

Page = tuple[str, str]


def measure() -> list[Figure]:
    if what := missing("postgresql"):
        raise PeerMissing(what)
    with Stage() as stage, ExitStack() as ended:
        from bench import seeding

        _stores(stage, ended)
        user = seeding.user()
        loads = {
            (store, name): _loaded(store, name, history, branches, user)
            for store in ("files", "shared")
            for name, history, branches in (
                ("pequeno", SMALL_HISTORY, 1),
                ("grande", BIG_HISTORY, BIG_BRANCHES),
            )
        }
        others = {store: _others(store, user) for store in ("files", "shared", "own")}
        stage.web()
        found = [
            _felt(stage, "neighbours-files", "files", loads, others["files"]),
            _felt(stage, "neighbours-shared", "shared", loads, others["shared"]),
            _felt(stage, "neighbours-own", "shared", loads, others["own"]),
        ]
        return [*found, _unbounded(stage, loads["shared", "grande"], others["shared"])]


def _stores(stage: Stage, ended: ExitStack) -> None:
    """Files; a server that the asked centre shares with others; another server that the others have to themselves."""
    from reservo.tenants import stores

    folder = str(stage.data / "files")
    stores.add(stores.Description(name="files", engine="sqlite", address=folder, capacity=100))
    os.environ.pop("TMPDIR", None)  # the bench's own, which a server's user may not enter
    for name in ("shared", "own"):
        server = PostgresServer()
        ended.callback(server.end)
        server.start()
        stores.add(stores.Description(name=name, capacity=100, **server.pool("bench")))
        _SERVERS[name] = server


_SERVERS: dict[str, PostgresServer] = {}


def _loaded(store: str, name: str, history: int, branches: int, user: Any) -> Page:
    """The week of one branch in the middle of this centre's years."""
    from bench import seeding
    from reservo.core import zones
    from reservo.core.clock import now

    route, places = seeding.centre(f"{name}-{store}", branches=branches, people=PEOPLE, store=store)
    today = zones.local_date(now(), seeding.ZONE)
    monday = today - timedelta(days=today.weekday())
    seeding.visits(route, places, list(seeding.weekdays(monday, 5)), a_day=A_DAY)
    weeks = -(-history // (A_WEEK * branches))
    span = range(-(weeks // 2), weeks - weeks // 2)
    if route.engine == "sqlite":
        seeding.repeat_week(route, span)
    else:
        with _SERVERS[store].admin("bench") as admin:
            seeding.repeat_week_on_postgresql(route, admin, span)
    return _week(route.slug, places[len(places) // 2].branch_id, monday), seeding.log_in(route, user)


def _week(slug: str, branch_id: int, monday: date) -> str:
    return f"/{slug}/agenda/datos?sucursal={branch_id}&desde={monday}&hasta={monday + timedelta(days=6)}"


def _others(store: str, user: Any) -> list[Page]:
    """The day of each."""
    from bench import seeding
    from reservo.core import zones
    from reservo.core.clock import now

    found = []
    day = next(seeding.weekdays(zones.local_date(now(), seeding.ZONE), 1))
    for number in range(OTHERS):
        route, places = seeding.centre(f"vecino-{store}-{number}", people=4, patients=60, store=store)
        seeding.visits(route, places, [day], a_day=10, patients=60)
        found.append((f"/{route.slug}/agenda/?dia={day}", seeding.log_in(route, user)))
    return found


def _felt(
    stage: Stage, name: str, store: str, loads: dict[tuple[str, str], Page], others: list[Page]
) -> Figure:
    """p95 of the others while the one has millions, against while it has thousands; in turns."""
    times: dict[str, list[float]] = {"pequeno": [], "grande": []}
    for turn in range(ROUNDS * 2):
        whose = ("pequeno", "grande", "grande", "pequeno")[turn % 4]
        with _Load(stage, RATE, loads[store, whose]):
            times[whose] += _visits(stage, others, VISITS)
    small, big = (measuring.percentile(times[whose], 95) for whose in ("pequeno", "grande"))
    return Figure(
        name,
        big,
        "ms p95",
        small,
        f"the loaded centre has {SMALL_HISTORY:,}",
        bar=ratio_at_most(1.2),
        note=f"{OTHERS} others, {RATE} weeks a second of a centre with {BIG_HISTORY:,} appointments",
    )


def _unbounded(stage: Stage, load: Page, others: list[Page]) -> Figure:
    """`Caller` accepts nothing but 200: whoever was refused would end the run, so they are counted here."""
    refused = 0
    times = []
    with _Load(stage, 0, load):
        for _ in range(OVERLOAD_VISITS):
            try:
                times += _visits(stage, others, 1)
            except measuring.WrongAnswer:
                refused += 1
    slow = measuring.percentile(times, 95) if times else 0.0
    return Figure(
        "neighbours-refused",
        refused,
        "requests",
        OVERLOAD_VISITS,
        "requests of the others",
        bar=value_at_most(0),
        note=f"one centre asked without bound; the others' p95 {slow:.0f} ms",
    )


def _visits(stage: Stage, others: list[Page], count: int) -> list[float]:
    luck, caller = random.Random(count), measuring.Caller(stage.url)
    found = []
    for _ in range(count):
        path, cookie = luck.choice(others)
        found.append(caller.milliseconds(path, Cookie=cookie))
    return found


class _Load:
    """The week of one centre at this rate (0: without bound) while the block lasts."""

    def __init__(self, stage: Stage, rate: float, page: Page) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.pacing", str(rate), stage.url, *page],
            env=stage.environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=ending.with_parent,
        )

    def __enter__(self) -> None:
        self._process.stdout.readline()

    def __exit__(self, *error: object) -> None:
        said = self._process.communicate(timeout=90)[0]
        if error[0] is None and int(said):
            raise measuring.WrongAnswer(f"{said.strip()} requests of the loaded centre were not answered")
