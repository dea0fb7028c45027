"""The agenda's week as JSON, in a small centre and in one with millions of appointments."""

from __future__ import annotations

import statistics
from datetime import date, timedelta

from bench import measuring
from bench.figure import Figure, ratio_at_most
from bench.size import sized
from bench.stage import Stage

A_DAY, PEOPLE = 17, 10
A_WEEK = A_DAY * PEOPLE * 5
SMALL_HISTORY = 5_000
BIG_HISTORY = sized(5_000_000, 200_000)
BIG_BRANCHES = sized(40, 8)
ROUNDS = sized(200, 40)


def measure() -> list[Figure]:
    with Stage() as stage:
        small, big = _seed()
        stage.web()
        caller = measuring.Caller(stage.url)
        import orjson

        for path, cookie in (small, big):
            visits = len(orjson.loads(caller.body(path, Cookie=cookie))["visits"])
            if visits != A_WEEK:
                raise measuring.WrongAnswer(f"{path}: {visits} visits instead of {A_WEEK}")
        empty = f"{small[0].partition('/agenda')[0]}/bench/empty"
        found = measuring.alternated(
            ROUNDS,
            small=lambda: caller.milliseconds(small[0], Cookie=small[1]),
            big=lambda: caller.milliseconds(big[0], Cookie=big[1]),
            empty=lambda: caller.milliseconds(empty),
        )
    middle = {name: statistics.median(times) for name, times in found.items()}
    return [
        Figure(
            "week-json",
            middle["small"],
            "ms",
            middle["empty"],
            "empty JSON view",
            note=f"{A_WEEK} appointments",
        ),
        Figure(
            "week-json-5m",
            middle["big"],
            "ms",
            middle["small"],
            f"centre with {SMALL_HISTORY:,}",
            bar=ratio_at_most(1.5),
            note=f"centre with {BIG_HISTORY:,} in {BIG_BRANCHES} branches",
        ),
    ]


def _seed() -> tuple[tuple[str, str], tuple[str, str]]:
    """(path, cookie) of the week in the middle of each centre's years."""
    from bench import seeding
    from reservo.core import zones
    from reservo.core.clock import now

    user = seeding.user()
    today = zones.local_date(now(), seeding.ZONE)
    found = []
    for slug, history, branches in (("pequeno", SMALL_HISTORY, 1), ("grande", BIG_HISTORY, BIG_BRANCHES)):
        route, places = seeding.centre(slug, branches=branches, people=PEOPLE)
        weeks = -(-history // (A_WEEK * branches))
        monday = today - timedelta(days=today.weekday())
        seeding.visits(route, places, list(seeding.weekdays(monday, 5)), a_day=A_DAY)
        seeding.repeat_week(route, range(-(weeks // 2), weeks - weeks // 2))
        cookie = seeding.log_in(route, user)
        found.append((_path(slug, places[len(places) // 2].branch_id, monday), cookie))
    return found[0], found[1]


def _path(slug: str, branch_id: int, monday: date) -> str:
    return f"/{slug}/agenda/datos?sucursal={branch_id}&desde={monday}&hasta={monday + timedelta(days=6)}"
