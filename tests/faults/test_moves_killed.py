"""A centre moved again and again under load, with the mover, a web node or the worker killed at random points.

Every acknowledged write is there once, at one place; every visit is confirmed by one mail. What is there is read with
SQL of the test's own.
"""

from __future__ import annotations

import itertools
import os
import random
from collections import Counter
from contextlib import ExitStack

import pytest

from tests.faults import moving
from tests.faults.moving import Crowd, Node, Removal, Worker
from tests.faults.recount import Held, Places
from tests.installation import Installation
from tests.servers import SERVERS, missing
from tests.smtp import Server as MailServer

pytestmark = pytest.mark.server
EMBEDDED = ("uno", "dos")
TOUR = ("dos", "uno", "postgresql", "dos", "mariadb", "uno", "postgresql", "mariadb", "postgresql", "uno")
VICTIMS = ("mover", "node", "worker")
LOG_SHOWN = 20_000
SWEPT_EVERY = 20  # places that were left take room in memory


@pytest.fixture
def stage():
    """An installation with two embedded stores and one on each server, and its mail."""
    for engine in SERVERS:
        if program := missing(engine):
            pytest.skip(program)
    with ExitStack() as ends:
        mail = ends.enter_context(MailServer())
        installation = Installation(RESERVO_RATE_LIMITS="off", RESERVO_SMTP_URL=mail.url)
        ends.callback(installation.end)
        installation.command("prepare")
        installation.be_a_demo()  # its workers' clock is shifted
        servers = {}
        for engine, kind in SERVERS.items():
            servers[engine] = kind()
            ends.callback(servers[engine].end)
            servers[engine].start()
        places = Places(
            installation.data / "control.db", {name: installation.data / name for name in EMBEDDED}, servers
        )
        _add_stores(installation, places)
        yield installation, places, mail


def _add_stores(installation: Installation, places: Places) -> None:
    for name, folder in places.folders.items():
        installation.command(
            "stores", "add", name, "--engine", "sqlite", "--address", str(folder), "--capacity", "9"
        )
    for name, server in places.servers.items():
        installation.add_store(server, name)


def campaign(stage, *, moves: int, kills: int, seed: int, pause_seconds: float) -> None:
    installation, places, mail = stage
    facts = moving.found_centre(installation)
    with ExitStack() as ends:
        nodes = [Node(installation) for _ in range(2)]
        worker = Worker(installation, mail)
        for process in (*nodes, worker):
            ends.callback(process.kill)
            process.start()
        for node in nodes:
            moving.wait_until(node.is_ready, lambda: installation.log.read_text()[-3000:])
        removal = Removal(installation, places, nodes, worker, seed=seed)
        with Crowd(nodes, facts, seed, pause_seconds) as crowd:
            _move_about(removal, crowd, moves=moves, kills=kills, seed=seed)
        worker.kill()
        worker.start()
        moving.wait_until(lambda: _is_quiet(moving.here(places)), lambda: _open_ends(moving.here(places)))
    assert crowd.wrong == []
    moving.check_places_left(places)
    held = moving.here(places)
    _check_visits(held, crowd)
    repeated = _check_mails(held, mail)
    print(
        f"seed {seed}: {moves} moves, kills {removal.kills} at {len(removal.points)} points, "
        f"{removal.aborted} aborted; {len(crowd.promises)} bookings and {len(crowd.confirmed)} confirmations "
        f"acknowledged, {crowd.repeats} asked again; {repeated} mails repeated"
    )


def _move_about(removal: Removal, crowd: Crowd, *, moves: int, kills: int, seed: int) -> None:
    luck = random.Random(f"{seed}:victims")
    victims = dict(zip(luck.sample(range(moves), kills), itertools.cycle(VICTIMS), strict=False))
    for n, where in zip(range(moves), itertools.cycle(TOUR), strict=False):
        asked = len(crowd.promises)
        removal.move(where, victims.get(n, ""))
        _refuse_wrong_answers(crowd, removal.installation)
        moving.wait_until(
            lambda asked=asked: len(crowd.promises) > asked, lambda: crowd.wrong or "no bookings"
        )
        if n % SWEPT_EVERY == SWEPT_EVERY - 1:
            moving.check_places_left(removal.places)
            moving.forget_places_left(removal.installation)


def _refuse_wrong_answers(crowd: Crowd, installation: Installation) -> None:
    if crowd.wrong:
        print(installation.log.read_text()[-LOG_SHOWN:])
    assert crowd.wrong == []


def _is_quiet(held: Held) -> bool:
    return not held.open_jobs and all(mail.state == "accepted" for mail in held.mails)


def _open_ends(held: Held) -> object:
    return held.open_jobs[:5], Counter(mail.state for mail in held.mails)


def _check_visits(held: Held, crowd: Crowd) -> None:
    """Each promise is one row with its times; no number twice, none left out, none for another; no time twice."""
    assert [visit.number for visit in held.visits] == list(range(1, len(held.visits) + 1))
    promised = {(one.number, one.starts_at, one.ends_at, one.email) for one in crowd.promises}
    assert len(promised) == len({one.number for one in crowd.promises}) == len(crowd.promises)
    there = Counter((one.number, one.starts_at, one.ends_at, one.email) for one in held.visits)
    assert promised == set(there)
    assert {visit.number for visit in held.visits if visit.state == "confirmed"} >= crowd.confirmed
    assert {count for _visit, count in held.claims} == {6}
    assert len(held.claims) == len(held.visits)


def _check_mails(held: Held, server: MailServer) -> int:
    """One confirmation for each visit; one that came twice is counted as such. How many did."""
    confirmed = [mail.visit for mail in held.mails if mail.kind == "confirmation"]
    assert sorted(confirmed) == [visit.number for visit in held.visits]
    received = Counter(server.sink.ids())
    unknown_ends = {mail.message_id: mail.unknown_ends for mail in held.mails}
    assert set(received) == set(unknown_ends)
    assert all(times - 1 <= unknown_ends[message_id] for message_id, times in received.items())
    return sum(received.values()) - len(received)


@pytest.mark.timeout(600)
def test_moves_and_kills_lose_nothing(stage):
    campaign(stage, moves=10, kills=6, seed=7, pause_seconds=0.3)


@pytest.mark.full
@pytest.mark.timeout(6 * 3_600)
def test_many_moves_and_kills_lose_nothing(stage):
    """Of another size with RESERVO_MOVES_KILLED=moves,kills,seed."""
    moves, kills, seed = map(int, os.environ.get("RESERVO_MOVES_KILLED", "500,100,11").split(","))
    campaign(stage, moves=moves, kills=kills, seed=seed, pause_seconds=3.0)
