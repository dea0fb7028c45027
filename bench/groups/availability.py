"""Free times over HTTP in a centre with a history, beside an empty view of the same centre, and a peer."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from bench import measuring
from bench.figure import Figure, ratio_at_least, value_at_most
from bench.peers import environment
from bench.size import sized
from bench.stage import Stage
from tests.installation import free_ports

HISTORY = sized(20_000, 2_000)
PEOPLE, A_DAY = 10, 12
CONNECTIONS = 16
ROUNDS, SECONDS = sized(7, 3), sized(5, 1)
PEER_ROUNDS = sized(15, 3)


def measure() -> list[Figure]:
    with Stage() as stage:
        paths, queries, days, today = _seed()
        stage.web()
        found = _rates(stage.url, paths)
        peer = Peer(stage, days, today)
        sevens = measuring.alternated(
            PEER_ROUNDS, ours=_asked(stage.url, paths["short"]), peer=lambda: peer.milliseconds(1, 7)
        )
        thirties = measuring.alternated(
            PEER_ROUNDS, ours=_asked(stage.url, paths["long"]), peer=lambda: peer.milliseconds(PEOPLE, 30)
        )
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
        _beside("availability-1x7-peer", sevens, 7),
        _beside("availability-10x30-peer", thirties, PEOPLE * 30),
    ]


def _beside(name: str, found: dict[str, list[float]], calls: int) -> Figure:
    return Figure(
        name,
        statistics.median(found["ours"]),
        "ms",
        statistics.median(found["peer"]),
        f"django-appointment, {calls} calls",
        measuring.ratio(found, "ours", "peer"),
        note="the same days, one client",
    )


def _asked(url: str, path: str) -> Callable[[], float]:
    caller = measuring.Caller(url)
    return lambda: caller.milliseconds(path)


class Peer:
    """django-appointment with the same people, hours and visits; it answers for one person and day a call."""

    def __init__(self, stage: Stage, days: list[date], today: date):
        (port,) = free_ports(1)
        python = environment.python()
        database = {"PEER_DATABASE": str(stage.data / "peer.db"), "PYTHONPATH": str(environment.ROOT)}
        seed = {"people": PEOPLE, "a_day": A_DAY, "days": [day.isoformat() for day in days]}
        said = subprocess.run(
            [python, "-m", "bench.peers.appointment_seed", json.dumps(seed)],
            env={"PATH": os.environ["PATH"], **database},
            cwd=environment.ROOT,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if said.returncode:
            raise measuring.WrongAnswer(said.stderr[-3000:])
        self._staff = json.loads(said.stdout.splitlines()[-1])
        server = (python, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port))
        stage.run(
            *(*server, "--workers", "2", "--blocking-threads", "3", "--log-level", "warning"),
            "bench.peers.appointment_wsgi:application",
            DJANGO_SETTINGS_MODULE="bench.peers.appointment_settings",
            **database,
        )
        self._caller = measuring.Caller(f"http://127.0.0.1:{port}", **{"X-Requested-With": "XMLHttpRequest"})
        self._start = today + timedelta(days=1)
        stage.wait_listening(port)
        first = next(day for day in days if day > today)
        slots = json.loads(self._caller.body(self._path(self._staff[0], first)))["available_slots"]
        if not slots:
            raise measuring.WrongAnswer(f"the peer offers nothing on {first}")

    def _path(self, who: int, day: date) -> str:
        return f"/ajax/available_slots/?selected_date={day}&staff_member={who}&service_id=1"

    def milliseconds(self, people: int, days: int) -> float:
        began = time.perf_counter()
        for who in self._staff[:people]:
            for day in range(days):
                self._caller.body(self._path(who, self._start + timedelta(days=day)))
        return (time.perf_counter() - began) * 1000


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


def _seed() -> tuple[dict[str, str], list[int], list[date], date]:
    """(addresses, queries of some of them, days with visits, today)."""
    from bench import seeding
    from reservo.core import zones
    from reservo.core.clock import now

    route, places = seeding.centre("historia", people=PEOPLE)
    today = zones.local_date(now(), seeding.ZONE)
    ahead = 30
    past_days = HISTORY // (PEOPLE * A_DAY) - ahead
    first = today - timedelta(days=past_days * 7 // 5 + 3)
    days = list(seeding.weekdays(first, past_days + ahead))
    seeding.visits(route, places, days, a_day=A_DAY)
    place = places[0]
    start = today + timedelta(days=1)
    base = f"/api/v1/public/{route.slug}/availability?service={place.service_id}&branch={place.branch_id}"

    def path(days: int, practitioner: int | None) -> str:
        who = f"&practitioner={practitioner}" if practitioner else ""
        return f"{base}{who}&from={start}&to={start + timedelta(days=days - 1)}"

    one = place.practitioner_ids[0]
    queries = [_queries(path(days, who)) for days, who in ((1, one), (7, one), (30, None), (62, None))]
    paths = {"short": path(7, one), "long": path(30, None), "empty": f"/api/v1/public/{route.slug}/empty"}
    return paths, queries, days, today


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
