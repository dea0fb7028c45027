"""What every bus does, by one suite for all of them."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
import time

import pytest

from reservo.adapters.bus.base import MOST_BYTES, MOST_WAITING
from reservo.adapters.bus.memory import MemoryBus
from reservo.adapters.bus.unix import SETTLED_NS, UnixBus


@pytest.fixture(params=["memory", "unix"])
def bus(request, tmp_path):
    return MemoryBus() if request.param == "memory" else UnixBus(tmp_path / "bus")


@pytest.fixture
def listening(bus):
    subscription = bus.subscribe("notice", "agenda")
    yield subscription
    subscription.close()


def test_a_message_reaches_everybody_who_listens_to_its_topic(bus, listening):
    second, elsewhere = bus.subscribe("notice"), bus.subscribe("jobs")
    bus.publish("notice", {"id": 7, "tenant": 3})
    for one in (listening, second):
        assert one.receive(1) == {"id": 7, "tenant": 3, "topic": "notice"}
    assert elsewhere.receive(0.05) is None
    second.close(), elsewhere.close()


def test_messages_of_a_sender_keep_their_order(bus, listening):
    for number in range(8):
        bus.publish("notice", {"id": number})
    assert [listening.receive(1)["id"] for _ in range(8)] == list(range(8))


def test_nobody_listening_harms_nobody(bus):
    bus.publish("notice", {"id": 1})
    late = bus.subscribe("notice")
    assert late.receive(0.05) is None
    late.close()


def test_one_who_left_is_forgotten(bus, listening):
    gone = bus.subscribe("notice")
    gone.close()
    gone.close()
    bus.publish("notice", {"id": 1})
    assert listening.receive(1)["id"] == 1


def test_the_descriptor_tells_that_a_message_waits(bus, listening):
    def is_readable():
        return bool(select.select([listening.fileno()], [], [], 0.05)[0])

    assert not is_readable()
    bus.publish("notice", {"id": 1})
    bus.publish("notice", {"id": 2})
    assert is_readable()
    assert listening.receive(0)["id"] == 1
    assert is_readable()
    assert listening.receive(0)["id"] == 2
    assert not is_readable()
    assert listening.receive(0) is None


def test_what_is_too_large_is_not_sent(bus, listening):
    bus.publish("notice", {"text": "x" * MOST_BYTES})
    bus.publish("notice", {"id": 2})
    assert listening.receive(1)["id"] == 2


def test_a_listener_who_does_not_read_holds_nobody_up_and_keeps_a_bounded_number(bus, listening):
    quick = bus.subscribe("agenda")
    began = time.monotonic()
    for number in range(3 * MOST_WAITING):
        bus.publish("notice", {"id": number})
    assert time.monotonic() - began < 5
    bus.publish("agenda", {"id": -1})
    assert quick.receive(1)["id"] == -1
    quick.close()
    read = 0
    while listening.receive(0.3):
        read += 1
    assert 0 < read <= MOST_WAITING + 512


def test_a_burst_reaches_a_listener_who_reads(bus, listening):
    heard = []

    def listen():
        while len(heard) < 300 and (message := listening.receive(2)):
            heard.append(message["id"])

    reader = threading.Thread(target=listen)
    reader.start()
    for number in range(300):
        bus.publish("notice", {"id": number})
    reader.join(10)
    assert sorted(heard) == list(range(300))


def test_many_senders_at_once_lose_nothing(bus, listening):
    def send(first):
        for number in range(first, first + 25):
            bus.publish("notice", {"id": number})

    senders = [threading.Thread(target=send, args=(n * 25,)) for n in range(8)]
    for sender in senders:
        sender.start()
    heard = {message["id"] for _ in range(200) if (message := listening.receive(2))}
    for sender in senders:
        sender.join()
    assert heard == set(range(200))


def test_another_process_is_heard(tmp_path):
    listening = UnixBus(tmp_path / "bus").subscribe("notice")
    code = (
        "import sys, pathlib; from reservo.adapters.bus.unix import SETTLED_NS, UnixBus;"
        "UnixBus(pathlib.Path(sys.argv[1])).publish('notice', {'id': 9})"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "bus")], check=True, timeout=20)
    assert listening.receive(2) == {"id": 9, "topic": "notice"}
    listening.close()


def test_a_listener_that_died_is_swept_away_and_its_successor_heard(tmp_path):
    directory = tmp_path / "bus"
    dead = UnixBus(directory).subscribe("notice")
    dead._socket.close()
    assert len(list(directory.iterdir())) == 1
    successor = UnixBus(directory).subscribe("notice")
    UnixBus(directory).publish("notice", {"id": 4})
    assert successor.receive(1)["id"] == 4
    assert len(list(directory.iterdir())) == 1
    successor.close()


@pytest.mark.parametrize(
    "garbage", [b"", b"\xff\x00", b"[]", b"7", b"{", b"null", b'{"id": 1}', b'{"topic": 5}', b"x" * 20_000]
)
def test_garbage_in_the_socket_is_passed_over(tmp_path, garbage):
    directory = tmp_path / "bus"
    bus = UnixBus(directory)
    listening = bus.subscribe("notice")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(garbage, str(next(directory.iterdir())))
    bus.publish("notice", {"id": 1})
    assert listening.receive(1) == {"id": 1, "topic": "notice"}
    listening.close()


def test_strange_files_in_the_directory_harm_nobody(tmp_path):
    directory = tmp_path / "bus"
    bus = UnixBus(directory)
    listening = bus.subscribe("notice")
    (directory / "x.sock").touch()
    (directory / "1.notice.sock").touch()
    (directory / "notes.txt").touch()
    bus.publish("notice", {"id": 1})
    assert listening.receive(1)["id"] == 1
    listening.close()


def test_a_long_path_is_no_obstacle_and_only_the_owner_enters(tmp_path):
    directory = tmp_path / ("x" * 60) / ("y" * 60) / "bus"
    bus = UnixBus(directory)
    listening = bus.subscribe("notice")
    bus.publish("notice", {"id": 1})
    assert listening.receive(1)["id"] == 1
    assert os.stat(directory).st_mode & 0o077 == 0
    listening.close()


def test_who_listens_later_is_found_though_the_listeners_were_listed_before(tmp_path):
    bus = UnixBus(tmp_path)
    early = bus.subscribe("jobs")
    time.sleep(SETTLED_NS / 1e9 * 1.5)
    bus.publish("jobs", {"tenant": 1})
    late = bus.subscribe("jobs")
    bus.publish("jobs", {"tenant": 2})
    assert [early.receive(1)["tenant"], early.receive(1)["tenant"], late.receive(1)["tenant"]] == [1, 2, 2]
    late.close()
    bus.publish("jobs", {"tenant": 3})
    assert early.receive(1)["tenant"] == 3
    early.close()
