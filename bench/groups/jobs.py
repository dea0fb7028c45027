"""Rows and jobs in one transaction, done by our worker; beside the same rows and Celery with Redis."""

from __future__ import annotations

import socket
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench import measuring
from bench.figure import Figure, ratio_at_least, value_at_most
from bench.peers import environment
from bench.size import sized
from bench.stage import Stage
from tests.installation import free_ports

TRANSACTIONS = sized(10_000, 1_000)
CENTRES = sized(100, 20)
ROUNDS = sized(3, 1)
PUTS_A_SECOND, PICKUP_PUTS = 20, sized(600, 100)
MOST_SECONDS = 600
PROCESSES = 2


def measure() -> list[Figure]:
    with Stage() as stage:
        slugs = _centres()
        ours, theirs = Ours(stage, slugs), Theirs(stage, slugs)
        found = measuring.alternated(ROUNDS, ours=ours.rate, theirs=theirs.rate)
        stamps = _pickup(stage, slugs)
    return [
        Figure(
            "jobs-rate",
            statistics.median(found["ours"]),
            "jobs/s",
            statistics.median(found["theirs"]),
            "the same rows, Celery + Redis",
            measuring.ratio(found, "ours", "theirs"),
            ratio_at_least(2),
            f"{TRANSACTIONS:,} transactions over {CENTRES} centres, put by {PROCESSES} processes of 4 threads",
        ),
        Figure("jobs-pickup-p50", measuring.percentile(stamps, 50), "ms", bar=value_at_most(50)),
        Figure("jobs-pickup-p99", measuring.percentile(stamps, 99), "ms"),
        Figure("jobs-memory", ours.memory, "MB", theirs.memory, "Celery's processes and Redis"),
    ]


def _centres() -> list[str]:
    from bench.seeding import ZONE
    from reservo.core.clock import now
    from reservo.tenants.operations import create_tenant

    slugs = [f"trabajo-{number}" for number in range(CENTRES)]
    for slug in slugs:
        create_tenant(slug, name=slug, country="PE", zone=ZONE, at=now())
    return slugs


class Ours:
    def __init__(self, stage: Stage, slugs: list[str]):
        self._stage, self._slugs = stage, slugs
        self.memory = 0.0

    def rate(self) -> float:
        """Jobs a second from the first put to the last done, by the worker that ships."""
        from bench.seeding import file_of

        files = [file_of(slug) for slug in self._slugs]
        worker = self._stage.worker()
        began = _put(self._stage, sys.executable, "ours", self._slugs)
        last = _wait_done(files)
        self.memory = measuring.megabytes(worker.pid)
        self._stage.stop_one(worker)
        return TRANSACTIONS / (last - began)


class Theirs:
    """Celery: prefork with two processes, results ignored; Redis keeps nothing on disk."""

    def __init__(self, stage: Stage, slugs: list[str]):
        self._stage, self._slugs = stage, slugs
        self.memory = 0.0
        (self._port,) = free_ports(1)
        self._environment = {**environment.beside_ours(), "PEER_REDIS": f"redis://127.0.0.1:{self._port}/0"}

    def rate(self) -> float:
        redis = self._stage.run(
            environment.debian("redis-server", "redis-server"),
            *("--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
        )
        python = environment.python()
        worker = self._stage.run(
            *(python, "-m", "celery", "-A", "bench.peers.celery_app", "worker", "--pool", "prefork"),
            *("--concurrency", "2", "--loglevel", "ERROR", "--without-gossip", "--without-mingle"),
            **self._environment,
        )
        self._wait_bound()
        began = _put(self._stage, python, "theirs", self._slugs, **self._environment)
        last = self._wait_empty()
        self.memory = measuring.megabytes(worker.pid, redis.pid)
        for process in (worker, redis):
            self._stage.stop_one(process)
        return TRANSACTIONS / (last - began)

    def _wait_bound(self) -> None:
        """Until the worker has bound its queue."""
        self._wait(b"EXISTS _kombu.binding.celery\r\n", b":1\r\n")
        time.sleep(1)

    def _wait_empty(self) -> float:
        """When the queue and what the workers took of it were empty."""
        return self._wait(b"LLEN celery\r\nHLEN unacked\r\n", b":0\r\n:0\r\n")

    def _wait(self, asked: bytes, wanted: bytes) -> float:
        self._stage.wait_listening(self._port)
        with socket.create_connection(("127.0.0.1", self._port)) as connection:
            end = time.time() + MOST_SECONDS
            while time.time() < end:
                connection.sendall(asked)
                said = b""
                while said.count(b"\r\n") < wanted.count(b"\r\n"):
                    said += connection.recv(100)
                if said == wanted:
                    return time.time()
                time.sleep(0.005)
        raise measuring.WrongAnswer("Celery did not come so far")


def _put(stage: Stage, python: str, whose: str, slugs: list[str], **extra: str) -> float:
    """When the first was put, by the clock of the machine; the transactions are shared among the processes."""
    share = TRANSACTIONS // PROCESSES
    putters = [
        subprocess.Popen(
            [python, "-m", "bench.peers.putting", whose, str(part * share), str((part + 1) * share), *slugs],
            env={**stage.environment, **extra},
            cwd=environment.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for part in range(PROCESSES)
    ]
    for putter in putters:
        putter.stdout.readline()
    began = time.time()
    for putter in putters:
        putter.stdin.write("go\n")
        putter.stdin.flush()
    if any(putter.wait(MOST_SECONDS) for putter in putters):
        raise measuring.WrongAnswer("not everything could be put")
    return began


def _wait_done(files: list[Path]) -> float:
    """When the last job was done, as its row says."""
    databases = [sqlite3.connect(f"file:{file}?mode=ro", uri=True) for file in files]
    end = time.time() + MOST_SECONDS
    left = list(databases)
    while left and time.time() < end:
        left = [one for one in left if _one(one, "SELECT count(*) FROM jobs_job WHERE state <> 'done'")]
        time.sleep(0.05)
    if left:
        raise measuring.WrongAnswer("the worker did not finish")
    stamp = "SELECT max((julianday(finished_at) - 2440587.5) * 86400.0) FROM jobs_job"
    last = max(_one(one, stamp) for one in databases)
    for one in databases:
        one.close()
    return last


def _one(database: sqlite3.Connection, sql: str) -> Any:
    return database.execute(sql).fetchone()[0]


def _pickup(stage: Stage, slugs: list[str]) -> list[float]:
    """Milliseconds from the put to the start, twenty puts a second."""
    from bench import tasks
    from reservo import jobs, tenancy
    from reservo.core.clock import now
    from reservo.tenancy import directory

    worker = stage.worker()
    for number in range(PICKUP_PUTS):
        started = time.perf_counter()
        with tenancy.activate(directory.find(slugs[number % len(slugs)])):
            jobs.put(tasks.stamp, {"put_at": time.time()}, at=now())
        time.sleep(max(0, 1 / PUTS_A_SECOND - (time.perf_counter() - started)))
    time.sleep(2)
    stage.stop_one(worker)
    stamps = [float(line) for line in Path(stage.data, "stamps").read_text().split()]
    if len(stamps) != PICKUP_PUTS:
        raise measuring.WrongAnswer(f"{len(stamps)} of {PICKUP_PUTS} jobs were done")
    return stamps
