"""Connections of a thread are bounded, kept while used, and dropped when a centre's route changes."""

import os
import sqlite3
from dataclasses import replace

import pytest
from django.db import connections as django_connections

from reservo import tenancy
from reservo.tenancy import connections, directory
from reservo.tenancy.models import Counter, Placement

per_file = pytest.mark.embedded(
    "a connection is a file's; a server's serves all its centres: see test_engines"
)


@pytest.fixture
def three(place, monkeypatch):
    """Three centres and room for two connections."""
    connections.close_all()
    monkeypatch.setattr(connections, "connections_per_thread", lambda: 2)
    return [place(slug) for slug in ("austral", "gran-via", "miraflores")]


def kept():
    return [wrapper.route.tenant_id for wrapper in connections._pool().values()]


@per_file
def test_the_least_used_connection_is_closed_when_another_is_needed(three):
    first, second, third = three
    for route in (first, second, first, third):
        with tenancy.activate(route):
            Counter.objects.count()
    assert kept() == [first.tenant_id, third.tenant_id]


@per_file
def test_a_connection_in_a_transaction_is_never_closed_for_room(three):
    first, second, third = three
    with tenancy.activate(first), tenancy.atomic():
        Counter.objects.create(name="open", value=1)
        for route in (second, third):
            connections.bind(route)
        connections.bind(first)
        assert first.tenant_id in kept()
    with tenancy.activate(first):
        assert Counter.objects.get().value == 1


@per_file
def test_a_hundred_visits_to_centres_open_no_more_files_than_the_bound(three):
    def open_files():
        return len(os.listdir("/proc/self/fd"))

    with tenancy.activate(three[0]):
        Counter.objects.count()
    before = open_files()
    for number in range(100):
        with tenancy.activate(three[number % 3]):
            Counter.objects.count()
    assert open_files() - before <= 2 * connections.DESCRIPTORS_PER_CONNECTION


def test_the_bound_follows_from_the_descriptors_of_the_process():
    assert 2 <= connections.connections_per_thread.__wrapped__() <= connections.MOST_CONNECTIONS_PER_THREAD


@per_file
def test_a_new_epoch_or_place_gets_a_new_connection(place):
    route = place("austral")
    with tenancy.activate(route):
        Counter.objects.count()
        before = django_connections["tenant"].connection
    with tenancy.activate(replace(route, epoch=route.epoch + 1)):
        Counter.objects.count()
        assert django_connections["tenant"].connection is not before
    with pytest.raises(sqlite3.ProgrammingError):
        before.execute("SELECT 1")


def test_the_same_connection_serves_the_next_request(place):
    route = place("austral")
    found = []
    for _ in range(2):
        with tenancy.activate(route):
            Counter.objects.count()
            found.append(django_connections["tenant"].connection)
    assert found[0] is found[1]


def test_the_directory_is_at_most_a_second_old(place, monkeypatch):
    place("austral")
    clock = [1000.0]
    monkeypatch.setattr(directory.time, "monotonic", lambda: clock[0])
    assert directory.find("austral").state == "active"
    Placement.objects.filter(slug="austral").update(state="disabled")
    clock[0] += 0.7
    assert directory.find("austral").state == "active"
    clock[0] += 0.2
    assert directory.find("austral").state == "disabled"
    assert directory.find("no-hay") is None


def test_the_directory_forgets_rather_than_grow(control, monkeypatch):
    monkeypatch.setattr(directory, "MOST_KEPT", 3)
    directory.forget()
    for number in range(10):
        directory.find(f"no-hay-{number}")
    assert len(directory._kept) <= 3


@pytest.mark.parametrize("asked", ["", "x\x00y", "x" * 61, "Austral", "ñandú", "a/b", "a.b"])
def test_what_no_centre_can_be_called_is_asked_of_no_database(asked, monkeypatch):
    """A server may refuse such a text with an error, or fold it into another name."""
    monkeypatch.setattr(directory, "_by_slug", lambda slug: pytest.fail(f"{slug!r} was looked for"))
    assert directory.find(asked) is None
