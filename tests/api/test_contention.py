"""Many at once for the same time, over HTTP to real processes: one wins, nothing else is answered than 201 and 409."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest

from reservo.agenda.models import Appointment, Claim

pytestmark = pytest.mark.server
CLIENTS = 64


def contested(program, monday, count):
    """The bodies of `count` offered times of one practitioner."""
    half_hours, day = [], monday.date()
    while len(half_hours) < count:
        found = program.times(day, day + timedelta(days=61), practitioner=program.cast.ana).json()
        times = [one["starts_at"] for offered in found["days"] for one in offered["times"]]
        half_hours += [one for one in times if one[14:16] in ("00", "30")]
        day += timedelta(days=62)
    return [program.body(starts_at) for starts_at in half_hours[:count]]


def fight(url, bodies, clients=CLIENTS, each=4):
    """Every time is wanted by `each` of the clients, in an order of their own; statuses by time, seconds."""
    wanted = [(number, body) for number, body in enumerate(bodies) for _ in range(each)]
    random.Random(7).shuffle(wanted)
    statuses, lock, start = defaultdict(Counter), threading.Lock(), threading.Barrier(clients)

    def client(number):
        with httpx.Client(timeout=60) as http:
            start.wait()
            for which, body in wanted[number::clients]:
                answer = http.post(url, json=body)
                with lock:
                    statuses[which][answer.status_code] += 1

    began = time.monotonic()
    with ThreadPoolExecutor(clients) as threads:
        list(threads.map(client, range(clients)))
    return statuses, time.monotonic() - began


def one_winner_each(centre, statuses, count, each):
    assert statuses == {number: Counter({201: 1, 409: each - 1}) for number in range(count)}
    with centre.active():
        visits = Appointment.objects.filter(origin="api")
        assert visits.count() == count
        assert sorted(visits.values_list("number", flat=True)) == list(range(1, count + 1))
        taken = Claim.objects.values_list("resource", "resource_id", "tick", "lane")
        assert len(set(taken)) == taken.count() == count * 6
        assert not Claim.objects.exclude(lane=0).exists()


def test_sixty_four_clients_on_contested_times_have_one_winner_each(centre, program, pages, monday):
    bodies = contested(program, monday, 60)
    statuses, _ = fight(pages.url + program.base + "/appointments", bodies)
    one_winner_each(centre, statuses, 60, 4)


def test_all_clients_on_one_time_have_one_winner(centre, program, pages, monday):
    statuses, _ = fight(
        pages.url + program.base + "/appointments", contested(program, monday, 1), each=CLIENTS
    )
    one_winner_each(centre, statuses, 1, CLIENTS)


@pytest.mark.full
@pytest.mark.timeout(900)
def test_a_thousand_contested_times_have_one_winner_each(centre, program, pages, monday):
    bodies = contested(program, monday, 1_000)
    statuses, seconds = fight(pages.url + program.base + "/appointments", bodies)
    print(f"{1_000 / seconds:.0f} bookings/s, {4_000 / seconds:.0f} answers/s")
    one_winner_each(centre, statuses, 1_000, 4)


def test_a_body_of_ten_megabytes_is_refused_and_the_server_goes_on(centre, program, pages, monday):
    url = pages.url + program.base + "/appointments"
    with httpx.Client(timeout=30) as http:
        for _ in range(6):
            refused = http.post(url, content=b"[" * 10_000_000, headers={"Content-Type": "application/json"})
            assert refused.status_code == 413
            assert refused.headers["Content-Type"] == "application/problem+json"
        chunked = http.post(url, content=iter([b"{", b"}"]), headers={"Content-Type": "application/json"})
        assert chunked.status_code == 411
        assert http.post(url, json=program.body(monday)).status_code == 201


def test_who_comes_too_late_does_not_wait_for_those_who_write(centre, program, monday):
    centre.book(monday, practitioner_id=centre.ana)
    with centre.held():
        assert program.book(monday).status_code == 409
