"""A store that hangs, or a centre that is changing place, holds one thread of a process: its neighbours go on."""

from __future__ import annotations

import socket
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from reservo.agenda import links
from reservo.tenancy import namespaces
from reservo.tenancy.models import Placement, Store

pytestmark = pytest.mark.server
CLIENTS, ASKED = 12, 60
LONGEST_WAIT_SECONDS = 2.0


@pytest.fixture
def hanging(control):
    """A centre on a server that takes the call and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as silent:
        store = Store.objects.create(
            name=f"silent-{silent.getsockname()[1]}",
            engine="postgresql",
            address=f"127.0.0.1:{silent.getsockname()[1]}/centres",
            capacity=1,
            is_dedicated=True,
        )
        centre = Placement.objects.create(
            slug=store.name, store=store, namespace="silent", zone="America/Santiago"
        )
        yield centre
        centre.delete()
        store.delete()


@contextmanager
def storm(ask):
    """Many who ask all the while; yields what they were answered: status, when to come back, seconds."""
    answers, over = [], threading.Event()

    def client():
        with httpx.Client(timeout=60) as http:
            while not over.is_set():
                began = time.monotonic()
                answer = ask(http)
                took = time.monotonic() - began
                answers.append((answer.status_code, answer.headers.get("Retry-After"), took))
                time.sleep(0.05)

    with ThreadPoolExecutor(CLIENTS) as threads:
        for _ in range(CLIENTS):
            threads.submit(client)
        try:
            yield answers
        finally:
            over.set()


def p95(pages, centre):
    """Of the booking page of a centre that nobody else asks for."""
    taken = []
    with httpx.Client(timeout=60) as http:
        for _ in range(ASKED):
            began = time.monotonic()
            assert http.get(pages.url + centre.url()).status_code == 200
            taken.append(time.monotonic() - began)
    return statistics.quantiles(taken, n=20)[-1]


def assert_one_at_a_time(answers, seconds, processes):
    """All were refused; those that waited did so one after the other, the others heard it at once."""
    assert {(status, bool(retry)) for status, retry, _ in answers} == {(503, True)}
    waited = [took for _, _, took in answers if took > 0.9 * LONGEST_WAIT_SECONDS]
    assert len(waited) <= processes * (seconds / LONGEST_WAIT_SECONDS + 2)
    assert len(answers) > 2 * len(waited)


def processes_of(pages):
    return int(pages.environment.get("RESERVO_WORKERS", "2"))


def test_a_store_that_hangs_holds_one_thread(pages, centre, hanging):
    def ask(http):
        return http.get(f"{pages.url}/{hanging.slug}/")

    with storm(ask):  # each process has met it and has what it needs for PostgreSQL in memory
        p95(pages, centre)
    began = time.monotonic()
    with storm(ask) as answers:
        time.sleep(2.5)
        beside = p95(pages, centre)
    assert_one_at_a_time(answers, time.monotonic() - began, processes_of(pages))
    assert beside < LONGEST_WAIT_SECONDS / 2


def test_a_centre_that_is_changing_place_holds_one_thread(pages, centre, other, monday):
    visit = other.book(monday)
    with other.active():
        page = f"{pages.url}{links.path_of(visit)}confirmar"
    namespaces.raise_epoch(other.route, other.route.epoch + 1)  # as in the pause of a move that does not end
    p95(pages, centre)
    began = time.monotonic()
    with storm(lambda http: http.post(page)) as answers:
        time.sleep(2.5)
        beside = p95(pages, centre)
    assert_one_at_a_time(answers, time.monotonic() - began, processes_of(pages))
    assert beside < LONGEST_WAIT_SECONDS / 2
