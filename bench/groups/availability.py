"""Free times over HTTP in a centre with a history, beside an empty view of the same centre, and a peer."""

from __future__ import annotations

import statistics
from datetime import timedelta
from typing import Any

from bench import measuring
from bench.figure import Figure, ratio_at_least, value_at_most
from bench.size import sized
from bench.stage import Stage

HISTORY = sized(20_000, 2_000)
PEOPLE, A_DAY = 10, 12
CONNECTIONS = 16
ROUNDS, SECONDS = sized(7, 3), sized(5, 1)


def measure() -> list[Figure]:
    with Stage() as stage:
        paths, queries = _seed()
        stage.web()
        found = _rates(stage.url, paths)
    return [
        _figure("availability-1x7", found, "short", ratio_at_least(1 / 5)),
        _figure("availability-10x30", found, "long", ratio_at_least(1 / 40)),
        Figure(
            "availability-queries",
            max(queries),
            "queries",
            min(queries),
            "1 × 1 day",
            bar=value_at_most(min(queries)),
            note="1×1, 1×7, 10×30 and 10×62 days: " + ", ".join(map(str, queries)),
        ),
    ]


def _rates(url: str, paths: dict[str, str]) -> dict[str, list[float]]:
    def rate(name: str) -> Any:
        return lambda: measuring.requests_per_second(
            url + paths[name], connections=CONNECTIONS, seconds=SECONDS
        )

    for name in paths:
        measuring.requests_per_second(url + paths[name], connections=CONNECTIONS, seconds=1)
    return measuring.alternated(ROUNDS, **{name: rate(name) for name in paths})


def _figure(name: str, found: dict[str, list[float]], which: str, bar: Any) -> Figure:
    return Figure(
        name,
        statistics.median(found[which]),
        "req/s",
        statistics.median(found["empty"]),
        "empty JSON view of the same centre",
        measuring.ratio(found, which, "empty"),
        bar,
    )


def _seed() -> tuple[dict[str, str], list[int]]:
    from bench import seeding
    from reservo.core import zones
    from reservo.core.clock import now

    route, places = seeding.centre("historia", people=PEOPLE)
    today = zones.local_date(now(), seeding.ZONE)
    ahead = 30
    past_days = HISTORY // (PEOPLE * A_DAY) - ahead
    first = today - timedelta(days=past_days * 7 // 5 + 3)
    seeding.visits(route, places, list(seeding.weekdays(first, past_days + ahead)), a_day=A_DAY)
    place = places[0]
    start = today + timedelta(days=1)
    base = f"/api/v1/public/{route.slug}/availability?service={place.service_id}&branch={place.branch_id}"

    def path(days: int, practitioner: int | None) -> str:
        who = f"&practitioner={practitioner}" if practitioner else ""
        return f"{base}{who}&from={start}&to={start + timedelta(days=days - 1)}"

    one = place.practitioner_ids[0]
    queries = [_queries(path(days, who)) for days, who in ((1, one), (7, one), (30, None), (62, None))]
    paths = {"short": path(7, one), "long": path(30, None), "empty": f"/api/v1/public/{route.slug}/empty"}
    return paths, queries


def _queries(path: str) -> int:
    """Queries of a request, by the product's own view, in this process."""
    from django.db import connections
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from reservo import tenancy
    from reservo.tenancy import directory

    client = Client(headers={"host": "127.0.0.1"})
    client.get(path)
    route = directory.find("historia")
    with tenancy.activate(route), CaptureQueriesContext(connections["tenant"]) as seen:
        assert client.get(path).status_code == 200
    return len(seen)
