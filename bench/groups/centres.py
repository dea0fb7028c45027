"""A thousand centres on one machine: how fast they are made, and what visiting all of them costs against one."""

from __future__ import annotations

import itertools
import os
import random
import statistics
from collections.abc import Callable
from typing import Any

from bench import measuring
from bench.figure import Figure, ratio_at_most, value_at_most
from bench.peers import environment
from bench.size import sized
from bench.stage import Stage
from tests.servers import SERVERS, missing

CENTRES = sized(1_000, 100)
VISITS = 40
PEOPLE = 4
CALLERS = 4
ROUNDS = sized(600, 60)


def measure() -> list[Figure]:
    with Stage() as stage:
        made = _made()
        on_servers = [_made_on(engine) for engine in SERVERS]
        pages = _seed()
        stage.web()
        _visit_each(stage.url, pages)
        empties = [(f"/{path.split('/')[1]}/bench/empty", cookie) for path, cookie in pages]
        times = measuring.alternated(
            ROUNDS,
            one=_visitor(stage.url, pages[:1]),
            all=_visitor(stage.url, pages),
            empty_one=_visitor(stage.url, empties[:1]),
            empty_all=_visitor(stage.url, empties),
        )
        queries = _day_queries(pages[0])
    return [*_making(made), *on_servers, *_pages(times, queries)]


def _making(made: list[float]) -> list[Figure]:
    whole = sum(made)
    return [
        Figure("centre-ready", statistics.median(made) * 1000, "ms", bar=value_at_most(50), note="median"),
        Figure(
            "centres-1000-made",
            whole * 1000 / CENTRES,
            "s",
            bar=value_at_most(60),
            note=f"{CENTRES:,} made one after the other in {whole:.1f} s; slowest {max(made) * 1000:.0f} ms",
        ),
    ]


def _pages(times: dict[str, list[float]], queries: int) -> list[Figure]:
    middle = {name: statistics.median(found) for name, found in times.items()}
    return [
        Figure(
            "day-page",
            middle["one"],
            "ms",
            middle["empty_one"],
            "empty JSON view",
            note=f"{VISITS} visits, {queries} queries",
        ),
        Figure(
            "day-page-1000-centres",
            middle["all"],
            "ms",
            middle["one"],
            "one centre",
            bar=ratio_at_most(1.3),
            note=f"{CENTRES:,} centres at random",
        ),
        Figure(
            "day-page-empty-view",
            middle["empty_all"],
            "ms",
            middle["empty_one"],
            "one centre",
            note="empty JSON view of a centre at random",
        ),
    ]


def _made() -> list[float]:
    """Seconds of each creation once the template is there."""
    from bench import seeding

    seeding.created("primero", 1)
    return seeding.created("centro", CENTRES)


def _made_on(engine: str) -> Figure:
    """The same on a server that has nothing else to do."""
    from bench import seeding
    from reservo.tenants import stores

    if what := missing(engine):
        raise environment.PeerMissing(what)
    os.environ.pop("TMPDIR", None)  # the bench's own, which a server's user may not enter
    server = SERVERS[engine]()
    try:
        server.start()
        stores.add(stores.Description(name=engine, capacity=CENTRES + 1, **server.pool("bench")))
        seeding.created(f"primero-{engine}", 1, store=engine)
        made = [second * 1000 for second in seeding.created(f"centro-{engine}", CENTRES, store=engine)]
    finally:
        server.end()
    return Figure(
        f"centre-ready-{engine}",
        statistics.median(made),
        "ms",
        bar=value_at_most(1_000),
        note=f"median of {CENTRES:,} one after the other; slowest {max(made):.0f} ms",
    )


def _seed() -> list[tuple[str, str]]:
    """(path of the day, cookie) of each centre."""
    from bench import seeding
    from reservo.core import zones
    from reservo.core.clock import now
    from reservo.tenancy import directory

    user = seeding.user()
    day = next(seeding.weekdays(zones.local_date(now(), seeding.ZONE), 1))
    pages = []
    for number in range(CENTRES):
        route = directory.find(f"centro-{number:04}")
        places = seeding.fill(route, people=PEOPLE, patients=60)
        seeding.visits(route, places, [day], a_day=VISITS // PEOPLE, patients=60)
        pages.append((f"/{route.slug}/agenda/?dia={day}", seeding.log_in(route, user)))
    return pages


def _visitor(url: str, pages: list[tuple[str, str]]) -> Callable[[], float]:
    """Milliseconds of one visit to one of the pages at random, over connections in turn."""
    luck = random.Random(len(pages))
    callers = itertools.cycle([measuring.Caller(url) for _ in range(CALLERS)])

    def visit() -> float:
        path, cookie = luck.choice(pages)
        return next(callers).milliseconds(path, Cookie=cookie)

    return visit


def _visit_each(url: str, pages: list[tuple[str, str]]) -> None:
    caller = measuring.Caller(url)
    for path, cookie in pages:
        content = caller.body(path, Cookie=cookie)
        if content.count(b"<tr") < VISITS:
            raise measuring.WrongAnswer(f"{path}: not {VISITS} visits")


def _day_queries(page: tuple[str, str]) -> int:
    from django.db import connections
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from reservo import tenancy
    from reservo.tenancy import directory

    client: Any = Client(headers={"host": "127.0.0.1", "cookie": page[1]})
    client.get(page[0])
    with (
        tenancy.activate(directory.find(page[0].split("/")[1])),
        CaptureQueriesContext(connections["tenant"]) as seen,
    ):
        client.get(page[0])
    return len(seen)
