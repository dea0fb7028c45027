"""A centre on the move under load: two web nodes, a worker, movers, and patients who do not take no for an answer."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as wall
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx

from reservo.fleet.epochs import AHEAD
from tests.faults.recount import Held, Places
from tests.installation import ROOT, Installation, free_ports
from tests.smtp import Server as MailServer

SLUG, ZONE = "clinica", ZoneInfo("America/Santiago")
PATIENCE_SECONDS = 90.0
SEEN_WITHIN_SECONDS = 1.0
LEASES_OVER = timedelta(minutes=6)
STAGES = ("planned", "copying", "following", "verified", "paused", "flipped")
BEFORE_THE_FLIP = STAGES[:-1]
FOUND = """
import json
from tests.cast import make_cast
from reservo import tenancy
from reservo.catalog.models import Branch
from reservo.crm.models import AutomaticMail
cast = make_cast("clinica", store="uno")
with cast.active(), tenancy.atomic():
    AutomaticMail.objects.update(confirmation_delay_minutes=0)
    Branch.objects.update(keeps_holidays=False)
print(json.dumps({"branch": cast.branch, "service": cast.consultation, "people": [cast.ana, cast.beto]}))
"""
FORGET_OLD_PLACES = """
from reservo.core.clock import now
from reservo.fleet import moves
from reservo.fleet.models import Move
for move in Move.objects.filter(state="done", source_removed_at=None):
    moves.remove_source(move, at=now(), early=True)
"""


def wait_until(fact: Callable[[], object], what: Callable[[], object], *, pause: float = 0.05) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not fact():
        assert time.monotonic() < end, what()
        time.sleep(pause)


class Process:
    """`reservo WORDS` with all its children: killed together, as by a power cut, and started again."""

    def __init__(self, installation: Installation, *words: str, **environment: str):
        self._installation, self._words, self._environment = installation, words, environment
        self._running: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        with self._installation.log.open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-m", "reservo", *self._words],
                env={**self._installation.environment, **self._environment, **environment},
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._running.poll() if self._running else None

    def kill(self) -> None:
        if self._running is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait()


class Node(Process):
    """A web node of its own on another port over the same data."""

    def __init__(self, installation: Installation):
        port, events = free_ports(2)
        self.url = f"http://127.0.0.1:{port}"
        super().__init__(
            installation, "web", PORT=str(port), RESERVO_EVENTS_PORT=str(events), RESERVO_WORKERS="1"
        )

    def is_ready(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/ready", timeout=5).status_code == 200
        return False


class Worker(Process):
    """Each one's clock is later than the leases of those that were killed before."""

    def __init__(self, installation: Installation, mail: MailServer):
        super().__init__(installation, "worker", RESERVO_SMTP_URL=mail.url)
        self._ahead = timedelta()

    def start(self, **environment: str) -> None:
        minutes = int(self._ahead.total_seconds()) // 60
        super().start(RESERVO_CLOCK_OFFSET=f"+{minutes // 60}h{minutes % 60}m", **environment)
        self._ahead += LEASES_OVER


@dataclass(frozen=True, slots=True)
class Promise:
    """What somebody was told is theirs."""

    number: int
    starts_at: datetime
    ends_at: datetime
    email: str


@dataclass
class Crowd:
    """Patients who book through any node and repeat under the same key until they are answered."""

    nodes: list[Node]
    facts: dict[str, Any]
    seed: int
    pause_seconds: float
    size: int = 3
    promises: list[Promise] = field(default_factory=list)
    confirmed: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    repeats: int = 0
    _is_hopeless: bool = False
    _over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Crowd:
        for number in range(self.size):
            self._threads.append(threading.Thread(target=self._go_on, args=[number], daemon=True))
            self._threads[-1].start()
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        """What was asked is answered, so that nothing is there of which nobody was told."""
        self._is_hopeless = error is not None
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS + 30)

    def _go_on(self, number: int) -> None:
        luck = random.Random(f"{self.seed}:{number}")
        try:
            with httpx.Client(timeout=20) as http:
                for visit in self._visits(number):
                    if self._over.is_set():
                        return
                    self._book(http, luck, visit, key=f"visit-{number}-{visit['patient']['email']}")
                    self._over.wait(luck.uniform(0.5, 1.5) * self.pause_seconds)
        except Exception as broken:
            self.wrong.append(f"{type(broken).__name__}: {broken}")

    def _visits(self, number: int) -> Iterator[dict[str, Any]]:
        """Times that nobody else of the crowd asks for."""
        for n, (person, starts_at) in enumerate(times(self.facts["people"])):
            if n % self.size == number:
                yield {
                    "service": self.facts["service"],
                    "branch": self.facts["branch"],
                    "practitioner": person,
                    "starts_at": starts_at.isoformat(),
                    "patient": _patient(n),
                    "privacy_accepted": True,
                }

    def _book(self, http: httpx.Client, luck: random.Random, visit: dict[str, Any], *, key: str) -> None:
        def post(url: str) -> httpx.Response:
            return http.post(
                f"{url}/api/v1/public/{SLUG}/appointments", json=visit, headers={"Idempotency-Key": key}
            )

        answer = self._insist(luck, post)
        assert answer.status_code == 201, f"{key}: {answer.status_code} {answer.text[:300]}"
        made = answer.json()
        promise = Promise(
            number=made["number"],
            starts_at=datetime.fromisoformat(made["starts_at"]),
            ends_at=datetime.fromisoformat(made["ends_at"]),
            email=visit["patient"]["email"],
        )
        assert promise.starts_at == datetime.fromisoformat(visit["starts_at"])
        with self._lock:
            self.promises.append(promise)
        if luck.random() < 0.2:
            again = self._insist(luck, post)
            assert again.json() == made, f"{key}: {again.status_code} {again.text[:300]}, before {made}"
        if luck.random() < 0.3:
            self._confirm(http, luck, promise, urlsplit(made["links"]["manage"]).path)

    def _confirm(self, http: httpx.Client, luck: random.Random, promise: Promise, path: str) -> None:
        answer = self._insist(luck, lambda url: http.post(f"{url}{path}confirmar"))
        assert answer.status_code == 303, f"{path}: {answer.status_code}"
        with self._lock:
            self.confirmed.add(promise.number)

    def _insist(self, luck: random.Random, send: Callable[[str], httpx.Response]) -> httpx.Response:
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            with suppress(httpx.TransportError):
                answer = send(luck.choice(self.nodes).url)
                if answer.status_code not in (429, 502, 503):
                    return answer
            assert time.monotonic() < end, "nobody answers"
            assert not self._is_hopeless, "the campaign failed"
            with self._lock:
                self.repeats += 1
            time.sleep(0.2)


def times(people: list[int]) -> Iterator[tuple[int, datetime]]:
    """Of every working half hour, whose and when, from two weeks on."""
    for day in range(14, 360):
        on = date.today() + timedelta(days=day)
        for hour in (9, 10, 11, 12, 14, 15, 16, 17) if on.weekday() < 5 else ():
            for minute in (0, 30):
                for person in people:
                    yield person, datetime.combine(on, wall(hour, minute), ZONE)


def _patient(n: int) -> dict[str, Any]:
    return {
        "given_name": "Rosa",
        "paternal_surname": f"Pinto {n}",
        "email": f"rosa.{n}@paciente.example",
        "phone": "+56 9 8765 4321",
        "national_id": f"P{n:07}",
        "foreigner": True,
        "country": "CL",
    }


class Removal:
    """The centre's moves, with somebody killed in some of them."""

    def __init__(
        self, installation: Installation, places: Places, nodes: list[Node], worker: Worker, *, seed: int
    ):
        self.installation, self.places = installation, places
        self.nodes, self.worker = nodes, worker
        self.kills: dict[str, int] = {"mover": 0, "node": 0, "worker": 0}
        self.points: set[tuple[str, str]] = set()
        self.aborted = 0
        self._luck = random.Random(seed)

    def move(self, where: str, victim: str = "") -> None:
        before = self._latest()[0]
        mover = Process(self.installation, "tenants", "move", SLUG, "--to", where)
        mover.start()
        if victim:
            self._wait_for_a_point(mover, before)
            self._kill(victim, mover)
        wait_until(lambda: mover.code is not None, lambda: f"a move to {where} does not end")
        assert mover.code in (0, -signal.SIGKILL), self.installation.log.read_text()[-3000:]
        self._settle(where, before)
        assert self.places.placement()[0] == where

    def _wait_for_a_point(self, mover: Process, before: int) -> None:
        stage = self._luck.choice(STAGES)

        def is_there() -> bool:
            number, state = self._latest()
            return number > before and (state not in STAGES or STAGES.index(state) >= STAGES.index(stage))

        wait_until(lambda: is_there() or mover.code is not None, lambda: f"no move is {stage}", pause=0.001)
        time.sleep(self._luck.uniform(0, 0.05))  # anywhere in it, not at its edge alone

    def _kill(self, victim: str, mover: Process) -> None:
        point = self._latest()[1]
        if victim == "mover" and mover.code is not None:
            return
        if victim == "mover":
            mover.kill()
        else:
            one = self.worker if victim == "worker" else self._luck.choice(self.nodes)
            one.kill()
            one.start()
        self.kills[victim] += 1
        self.points.add((victim, point))

    def _settle(self, where: str, before: int) -> None:
        """As an operator does after a mover is gone: go on, or give up and begin anew."""
        number, state = self._latest()
        if number > before and state in BEFORE_THE_FLIP and self._luck.random() < 0.3:
            self.installation.command("tenants", "move", SLUG, "--abort")
            self.aborted += 1
            number, state = self._latest()
            assert state == "aborted"
        if number == before or state == "aborted":
            self.installation.command("tenants", "move", SLUG, "--to", where)
        elif state != "done":
            self.installation.command("tenants", "move", SLUG, "--resume")
        assert self._latest()[1] == "done"

    def _latest(self) -> tuple[int, str]:
        found = self.places.asked_of_control("SELECT id, state FROM fleet_move ORDER BY id DESC LIMIT 1")
        return found[0] if found else (0, "")


def found_centre(installation: Installation) -> dict[str, Any]:
    return json.loads(installation.python(FOUND).splitlines()[-1])


def here(places: Places) -> Held:
    store, namespace, _epoch = places.placement()
    return places.held(store, namespace)


def check_places_left(places: Places) -> None:
    """No place that was left took a write after its end, or is open to those who still know it; no half-made ones."""
    store, namespace, epoch = places.placement()
    now_held = places.held(store, namespace)
    assert now_held.epoch == epoch
    known = {(visit.number, visit.starts_at, visit.ends_at, visit.email) for visit in now_held.visits}
    kept = {(store, namespace)}
    for source, old, epoch_before in places.asked_of_control(
        "SELECT source_store, source_namespace, epoch_before FROM fleet_move"
        " WHERE state = 'done' AND source_removed_at IS NULL"
    ):
        left = places.held(source, old)
        assert left.epoch == epoch_before + AHEAD
        assert {(one.number, one.starts_at, one.ends_at, one.email) for one in left.visits} <= known
        kept.add((source, old))
    stores = {*places.folders, *places.servers}
    assert {(name, found) for name in stores for found in places.names(name)} == kept


def forget_places_left(installation: Installation) -> None:
    installation.python(FORGET_OLD_PLACES)
