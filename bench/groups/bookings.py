"""Many clients after the same times, over HTTP; beside bare inserts of the rows that the winners leave."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson

from bench import measuring
from bench.figure import Figure, value_at_most
from bench.size import sized
from bench.stage import Stage

CLIENTS = 64
TIMES = sized(1_000, 100)
RIVALS = 8
PEOPLE = 10
LONGEST_SECONDS = 60


def measure() -> list[Figure]:
    with Stage() as stage:
        url, bodies = _seed(stage.url)
        before = _counts(_file(stage))
        web = stage.web()
        answers, seconds = asyncio.run(_contend(url, bodies))
        stage.stop_one(web)
        bare, rows = _bare_rate(_file(stage), before, Path(stage.data, "bare.db"))
        winners = _winners(answers)
        doubles = _doubles(_file(stage))
    statuses = Counter(status for _, status in answers)
    wrong = sum(count for status, count in statuses.items() if status not in (201, 409))
    told = ", ".join(f"{count:,} × {status}" for status, count in sorted(statuses.items()))
    return [
        Figure(
            "bookings-contested",
            len(answers) / seconds,
            "req/s",
            note=f"{CLIENTS} clients, {TIMES:,} times, {RIVALS} after each: {told}",
        ),
        Figure(
            "bookings-one-winner",
            sum(1 for count in winners if count != 1) + doubles,
            "times",
            TIMES,
            "times with winners",
            bar=value_at_most(0),
            note="times without exactly one winner, by answers and by rows",
        ),
        Figure(
            "bookings-answers",
            wrong,
            "answers",
            len(answers),
            "answers",
            bar=value_at_most(0),
            note="neither 201 nor 409",
        ),
        Figure(
            "bookings-rate",
            TIMES / seconds,
            "book/s",
            bare,
            "bare inserts of the same rows",
            note=f"{rows / TIMES:.0f} rows a booking; the losers' requests are in the time",
        ),
    ]


def _seed(base: str) -> tuple[str, list[bytes]]:
    """(address, bodies in the order they are sent: all rivals for a time follow one another)."""
    from bench import seeding
    from reservo import tenancy
    from reservo.catalog.models import PrivacyText
    from reservo.core import zones
    from reservo.core.clock import now

    route, places = seeding.centre("disputa", people=PEOPLE)
    with tenancy.activate(route), tenancy.atomic():
        PrivacyText.objects.create(version=1, language="es", text="Texto", published_at=now())
    place = places[0]
    first = zones.local_date(now(), seeding.ZONE) + timedelta(days=2)
    wanted: list[tuple[int, datetime]] = []
    for day in seeding.weekdays(first, -(-TIMES // (PEOPLE * seeding.MOST_A_DAY))):
        opens = zones.at_minute(day, seeding.OPENS, seeding.ZONE)
        for slot in range(seeding.MOST_A_DAY):
            start = opens + timedelta(minutes=seeding.VISIT_MINUTES * slot)
            wanted += [(who, start) for who in place.practitioner_ids]
    bodies = [
        _body(place, who, start, number * RIVALS + rival)
        for number, (who, start) in enumerate(wanted[:TIMES])
        for rival in range(RIVALS)
    ]
    return f"{base}/api/v1/public/{route.slug}/appointments", bodies


def _body(place: Any, practitioner: int, start: datetime, number: int) -> bytes:
    patient = {
        "given_name": "Rival",
        "paternal_surname": f"Número {number}",
        "email": f"rival{number}@example.com",
        "phone": f"+519{number:08d}",
        "national_id": f"{10_000_000 + number}",
        "country": "PE",
    }
    return orjson.dumps(
        {
            "service": place.service_id,
            "branch": place.branch_id,
            "practitioner": practitioner,
            "starts_at": start.isoformat(),
            "patient": patient,
            "privacy_accepted": True,
        }
    )


async def _contend(url: str, bodies: list[bytes]) -> tuple[list[tuple[int, int]], float]:
    """((number of the time, status) of every answer, seconds)."""
    answers: list[tuple[int, int]] = []
    numbers = iter(range(len(bodies)))

    async def client() -> None:
        async with httpx.AsyncClient(
            timeout=LONGEST_SECONDS, headers={"content-type": "application/json"}
        ) as http:
            for number in numbers:
                response = await http.post(url, content=bodies[number])
                answers.append((number // RIVALS, response.status_code))

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return answers, time.perf_counter() - began


def _winners(answers: list[tuple[int, int]]) -> list[int]:
    won = Counter(which for which, status in answers if status == 201)
    return [won[which] for which in range(TIMES)]


def _file(stage: Stage) -> Path:
    from bench.seeding import file_of

    return file_of("disputa")


def _doubles(file: Path) -> int:
    """Times of a practitioner at which more than one live visit stands, by the rows."""
    with sqlite3.connect(file) as database:
        groups = "SELECT 1 FROM agenda_appointment GROUP BY practitioner_id, starts_at HAVING count(*) > 1"
        return int(database.execute(f"SELECT count(*) FROM ({groups})").fetchone()[0])


def _counts(file: Path) -> dict[str, int]:
    """Highest row of every table."""
    with sqlite3.connect(file) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: database.execute(f"SELECT coalesce(max(rowid), 0) FROM {name}").fetchone()[0]
            for name in names
            if not name.startswith("sqlite_")
        }


def _bare_rate(file: Path, before: dict[str, int], copy: Path) -> tuple[float, int]:
    """Bookings a second when their rows alone are inserted, one transaction each, synchronous=FULL; how many rows."""
    with sqlite3.connect(file) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    database = sqlite3.connect(copy, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    shares: list[list[tuple[str, tuple[Any, ...]]]] = [[] for _ in range(TIMES)]
    total = 0
    for name, highest in before.items():
        rows = database.execute(f"SELECT * FROM {name} WHERE rowid > {highest}").fetchall()
        database.execute(f"DELETE FROM {name} WHERE rowid > {highest}")
        total += len(rows)
        for number, row in enumerate(rows):
            marks = ", ".join("?" * len(row))
            shares[number * TIMES // len(rows)].append((f"INSERT INTO {name} VALUES ({marks})", row))
    began = time.perf_counter()
    for share in shares:
        database.execute("BEGIN IMMEDIATE")
        for sql, row in share:
            database.execute(sql, row)
        database.execute("COMMIT")
    seconds = time.perf_counter() - began
    database.close()
    if not total:
        raise measuring.WrongAnswer("nothing was booked")
    return TIMES / seconds, total
