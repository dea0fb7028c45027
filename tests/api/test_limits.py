"""How often one address may ask."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.conf import settings
from django.test import override_settings

from reservo.api import limits
from reservo.api.limits import BOOKINGS, READS, Limit
from reservo.config import environment
from reservo.core.clock import now
from tests.installation import Installation

LIMIT = Limit("test", 5)


@pytest.fixture
def limited(unlimited, monkeypatch):
    """At an instant that stands still: where a slot ends in between, part of the count is let go."""
    at = now()
    monkeypatch.setattr(limits, "now", lambda: at)
    with override_settings(RESERVO_RATE_LIMITS=True):
        forget()
        yield
        forget()


def forget():
    limits._database(0).execute("DELETE FROM hits")


def passed(times, limit=LIMIT, client="198.51.100.7"):
    """How many of the requests made at these seconds pass."""
    return sum(limits._counted(client, limit, at) == 0 for at in times)


def test_the_limits_are_those_that_are_promised():
    assert (Limit("read", 60), Limit("book", 10)) == (READS, BOOKINGS)
    assert limits.WINDOW_SECONDS == 60


def test_reads_and_bookings_of_an_address_are_counted_apart(limited, program, monday):
    """Whatever the answer was: an address that books nonsense is limited like any other."""
    statuses = [program.post({}).status_code for _ in range(12)]
    assert statuses == [422] * 10 + [429] * 2
    refused = program.post({})
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert 1 <= int(refused.headers["Retry-After"]) <= 67
    assert [program.get().status_code for _ in range(61)] == [200] * 60 + [429]
    assert program.times(monday.date()).status_code == 429


def test_an_address_is_not_told_of_another_ones_count(limited, program):
    for _ in range(11):
        program.post({})
    answer = program.client.post(program.base + "/appointments", REMOTE_ADDR="203.0.113.9")
    assert answer.status_code == 415


def test_no_minute_sees_more_than_the_limit_wherever_it_begins(limited):
    assert passed([1_000_055 + n * 0.5 for n in range(5)]) == 5
    assert passed([1_000_085.0]) == 0
    assert passed([1_000_020.0 + 60 * 3, 1_000_020.0 + 60 * 3 + 1]) == 2


def test_after_the_promised_wait_the_next_one_passes(limited):
    for start in (1_200_000.0, 1_200_623.0, 1_201_259.9):
        assert passed([start + n / 10 for n in range(5)]) == 5
        wait = limits._counted("198.51.100.7", LIMIT, start + 1)
        assert 1 <= wait <= 75
        assert limits._counted("198.51.100.7", LIMIT, start + 1 + wait) == 0
        forget()


def test_who_keeps_asking_is_not_shut_out_for_ever(limited):
    """What is refused does not count."""
    assert passed([1_500_000 + n for n in range(600)]) >= 5 * 8


def test_a_limit_of_one_a_minute_works(limited):
    one = Limit("one", 1)
    assert passed([1_600_000.0, 1_600_001.0], one) == 1
    assert limits._counted("198.51.100.7", one, 1_600_002.0) <= 120


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("", ""),
        ("unix:" + "x" * 100, "unix:" + "x" * 59),
    ],
)
def test_a_host_is_counted_once_however_many_addresses_it_has(address, client):
    assert limits._client(address) == client


def test_old_counts_are_thrown_away(limited):
    passed([1_000_000.0])
    passed([1_000_000.0 + 600], client="203.0.113.1")
    rows = sqlite3.connect(settings.RESERVO_DATA_DIR / "limits.db").execute("SELECT address FROM hits")
    assert rows.fetchall() == [("203.0.113.1",)]


def test_a_counter_that_is_broken_refuses_nobody(limited, program, tmp_path):
    limits._kept.database = None
    with override_settings(RESERVO_DATA_DIR=tmp_path / "not-there"):
        assert [program.get().status_code for _ in range(3)] == [200] * 3
    limits._kept.database = None


def test_limits_can_be_switched_off(program):
    assert {program.post({}).status_code for _ in range(15)} == {422}


PROXIES = {"RESERVO_TRUSTED_PROXIES": ["10.0.0.0/8", "192.0.2.1"]}


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),
        ("10.1.2.3", "198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "6.6.6.6, 198.51.100.1, 192.0.2.1", "198.51.100.1"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", "nobody", "10.1.2.3"),
        ("10.1.2.3", "198.51.100.1, 'x", "10.1.2.3"),
        ("10.1.2.3", "6.6.6.6, " * 400 + "198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "10.0.0.9, 10.0.0.8", "10.0.0.9"),
    ],
)
def test_forwarded_addresses_count_only_from_proxies_that_are_trusted(peer, forwarded, client):
    from django.test import RequestFactory

    from reservo.ui.clients import address_of

    request = RequestFactory(REMOTE_ADDR=peer).get("/", headers={"x-forwarded-for": forwarded})
    with override_settings(**PROXIES):
        assert address_of(request) == client
    with override_settings(RESERVO_TRUSTED_PROXIES=[]):
        assert address_of(request) == peer


@pytest.mark.server
def test_limits_hold_across_processes_and_believe_only_the_named_proxy(centre, program):
    """Two processes of three threads, sixteen callers: no more than ten bookings and sixty reads a minute pass."""
    served = Installation(
        RESERVO_DATA_DIR=os.environ["RESERVO_DATA_DIR"],
        RESERVO_WORKERS="2",
        RESERVO_TRUSTED_PROXIES="127.0.0.1",
    )
    book, read = served.url + program.base + "/appointments", served.url + program.base

    # A new connection for each: one that rests a while may be closed by the server just as it is used again.
    client = httpx.Client(timeout=30, limits=httpx.Limits(max_keepalive_connections=0))

    def post(number):
        return client.post(book, json={}, headers={"X-Forwarded-For": f"6.6.6.{number}, 198.51.100.20"})

    def get(number):
        return client.get(read, headers={"X-Forwarded-For": "198.51.100.21"})

    try:
        served.start("web")
        began = now().timestamp()
        with ThreadPoolExecutor(16) as threads:
            posted = Counter(answer.status_code for answer in threads.map(post, range(40)))
            got = Counter(answer.status_code for answer in threads.map(get, range(90)))
        took = now().timestamp() - began
    finally:
        served.end()
        forget()
    assert set(posted) == {422, 429}
    assert set(got) == {200, 429}
    assert 10 <= posted[422] <= 10 + took * 10 / 60
    assert 60 <= got[200] <= 60 + took


def test_a_proxy_that_is_no_address_stops_the_start(monkeypatch):
    monkeypatch.setenv("RESERVO_TRUSTED_PROXIES", "10.0.0.0/8, balancer")
    with pytest.raises(environment.BadEnvironment, match="balancer"):
        environment.networks("RESERVO_TRUSTED_PROXIES")
