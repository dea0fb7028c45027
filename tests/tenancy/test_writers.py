"""Writers of one centre wait for one another, shortly and not for ever."""

import sqlite3
import threading
import time
from contextlib import closing

import pytest
from django.db import OperationalError

from reservo import tenancy
from reservo.tenancy import connections
from reservo.tenancy.backends.sqlite import base
from reservo.tenancy.models import Counter


def lag_after(route, seconds):
    """Seconds from the end of a writer's transaction to the beginning of the next one's."""
    ended, began, holds = [], [], threading.Event()

    def first():
        with tenancy.activate(route), tenancy.atomic():
            holds.set()
            time.sleep(seconds)
            ended.append(time.perf_counter())
        connections.close_all()

    def second():
        with tenancy.activate(route), tenancy.atomic():
            began.append(time.perf_counter())
        connections.close_all()

    threads = [threading.Thread(target=first)]
    threads[0].start()
    holds.wait(5)
    threads.append(threading.Thread(target=second))
    threads[1].start()
    for thread in threads:
        thread.join(10)
    return began[0] - ended[0]


def test_a_writer_that_waited_long_begins_at_once_when_the_file_is_free(place):
    route = place("centro-uno")
    assert min(lag_after(route, 0.34) for _ in range(4)) < 0.04


@pytest.mark.embedded("holds SQLite's own lock; the servers' is held in test_engines")
def test_a_writer_gives_up_when_another_never_ends(place, monkeypatch):
    route = place("centro-uno")
    monkeypatch.setattr(base.DatabaseWrapper, "longest_wait_seconds", 1)
    with closing(sqlite3.connect(base.path_of(route), isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with tenancy.activate(route), pytest.raises(OperationalError), tenancy.atomic():
            pass
        assert 1 <= time.monotonic() - began < 3


def test_eight_threads_write_one_after_the_other_and_lose_nothing(place):
    route = place("centro-uno")
    with tenancy.activate(route), tenancy.atomic():
        Counter.objects.create(name="n", value=0)

    def add():
        with tenancy.activate(route):
            for _ in range(25):
                with tenancy.atomic():
                    row = Counter.objects.get(name="n")
                    row.value += 1
                    row.save()
        connections.close_all()

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with tenancy.activate(route):
        assert Counter.objects.get(name="n").value == 200
