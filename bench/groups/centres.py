"""A thousand centres on one machine: how fast they are made, and what visiting all of them costs against one."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import measuring
from bench.figure import Figure, ratio_at_most, value_at_most
from bench.size import sized
from bench.stage import Stage

CENTRES = sized(1_000, 100)
VISITS = 40
PEOPLE = 4
CONNECTIONS = 4
ROUNDS, SECONDS = sized(9, 3), sized(5, 2)
SCRIPT = """
local file = io.open(%(list)r)
local paths, cookies = {}, {}
for line in file:lines() do
  local path, cookie = line:match("([^\\t]+)\\t(.*)")
  paths[#paths + 1], cookies[#cookies + 1] = path, cookie
end
math.randomseed(%(seed)d)
function request()
  local which = math.random(#paths)
  return wrk.format("GET", paths[which], {["Cookie"] = cookies[which]})
end
"""


def measure() -> list[Figure]:
    with Stage() as stage:
        made, whole = _made()
        pages = _seed()
        stage.web()
        _visit_each(stage.url, pages)
        empties = [(f"/{path.split('/')[1]}/bench/empty", cookie) for path, cookie in pages]
        rates = measuring.alternated(
            ROUNDS,
            one=_rate(stage, "one", pages[:1]),
            all=_rate(stage, "all", pages),
            empty_one=_rate(stage, "empty-one", empties[:1]),
            empty_all=_rate(stage, "empty-all", empties),
        )
        queries = _day_queries(pages[0])
    return [*_making(made, whole), *_pages(rates, queries)]


def _making(made: list[float], whole: float) -> list[Figure]:
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


def _pages(rates: dict[str, list[float]], queries: int) -> list[Figure]:
    milliseconds = {
        name: statistics.median(1000 * CONNECTIONS / rate for rate in found) for name, found in rates.items()
    }
    note = f"{VISITS} visits, {queries} queries, {CONNECTIONS} at a time; median answer"
    return [
        Figure(
            "day-page", milliseconds["one"], "ms", milliseconds["empty_one"], "empty JSON view", note=note
        ),
        Figure(
            "day-page-1000-centres",
            milliseconds["all"],
            "ms",
            milliseconds["one"],
            "one centre",
            measuring.ratio(rates, "one", "all"),
            ratio_at_most(1.3),
            f"{CENTRES:,} centres at random",
        ),
        Figure(
            "day-page-empty-view",
            milliseconds["empty_all"],
            "ms",
            milliseconds["empty_one"],
            "one centre",
            measuring.ratio(rates, "empty_one", "empty_all"),
            note="empty JSON view, centres at random",
        ),
    ]


def _made() -> tuple[list[float], float]:
    """Seconds of each creation, through the product's own operation."""
    from bench.seeding import ZONE
    from reservo.core.clock import now
    from reservo.tenants.operations import create_tenant

    create_tenant("primero", name="Primero", country="PE", zone=ZONE, at=now())
    seconds = []
    began = time.perf_counter()
    for number in range(CENTRES):
        start = time.perf_counter()
        create_tenant(f"centro-{number:04}", name=f"Centro {number}", country="PE", zone=ZONE, at=now())
        seconds.append(time.perf_counter() - start)
    return seconds, time.perf_counter() - began


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


def _rate(stage: Stage, name: str, pages: list[tuple[str, str]]) -> Callable[[], float]:
    listed, script = Path(stage.data, f"{name}.txt"), Path(stage.data, f"{name}.lua")
    listed.write_text("".join(f"{path}\t{cookie}\n" for path, cookie in pages))
    script.write_text(SCRIPT % {"list": str(listed), "seed": len(pages)})
    return lambda: measuring.requests_per_second(
        stage.url, connections=CONNECTIONS, seconds=SECONDS, script=script
    )


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
