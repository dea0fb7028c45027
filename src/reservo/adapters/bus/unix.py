"""A bus of Unix datagram sockets: each listener binds its own in the data directory, senders write to all of them.

A socket's name says its topics. The kernel keeps few datagrams for a listener that is busy (ten, on many machines):
what does not fit at once is offered again for a moment, apart from the sender, and then given up.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
import uuid
from collections import deque
from pathlib import Path

from reservo.adapters.bus.base import MOST_BYTES, MOST_WAITING, Message, packed, unpacked

BUFFER_BYTES = 1_000_000
LONGEST_PATH = 100
OFFERED_FOR_SECONDS = 1.0
OFFER_EVERY_SECONDS = 0.004
SETTLED_NS = 100_000_000
SUFFIX = ".sock"


class UnixSubscription:
    def __init__(self, directory: Path, topics: tuple[str, ...]):
        self.topics = topics
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = directory / f"{os.getpid()}-{uuid.uuid4().hex[:8]}.{'+'.join(topics)}{SUFFIX}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        with _reachable(self._path) as short:
            self._socket.bind(short)
        self._socket.setblocking(False)

    def receive(self, timeout: float) -> Message | None:
        end = time.monotonic() + timeout
        while select.select([self._socket], [], [], max(end - time.monotonic(), 0))[0]:
            try:
                message = unpacked(self._socket.recv(MOST_BYTES))
            except BlockingIOError:
                continue
            if message is not None and message["topic"] in self.topics:
                return message
        return None

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()
        self._path.unlink(missing_ok=True)


class UnixBus:
    """Dead listeners' sockets are removed by whoever finds nobody behind them."""

    def __init__(self, directory: Path):
        self._directory = Path(directory)
        self._sending = threading.local()
        self._listed: dict[str, tuple[int, list[Path]]] = {}
        self._later: deque[tuple[float, Path, bytes]] = deque(maxlen=MOST_WAITING)
        self._lock = threading.Lock()
        self._offering = False

    def publish(self, topic: str, message: Message) -> None:
        data = packed(topic, message)
        if not data:
            return
        try:
            for path in self._listeners(topic):
                if not self._send(path, data):
                    self._offer_again(path, data)
        except OSError:
            return

    def subscribe(self, *topics: str) -> UnixSubscription:
        return UnixSubscription(self._directory, topics)

    def _listeners(self, topic: str) -> list[Path]:
        """As listed when the directory last changed; a change a moment ago may have another beside it unseen."""
        try:
            changed = self._directory.stat().st_mtime_ns
        except FileNotFoundError:
            return []
        kept = self._listed.get(topic)
        if kept is not None and kept[0] == changed:
            return kept[1]
        listing = (name for name in os.listdir(self._directory) if name.endswith(SUFFIX))
        found = [self._directory / name for name in listing if topic in name.split(".")[1].split("+")]
        if time.time_ns() - changed > SETTLED_NS:
            self._listed[topic] = (changed, found)
        return found

    def _send(self, path: Path, data: bytes) -> bool:
        """False if the listener has no room now."""
        try:
            with _reachable(path) as short:
                self._sender().sendto(data, short)
        except BlockingIOError:
            return False
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
        return True

    def _sender(self) -> socket.socket:
        if not hasattr(self._sending, "socket"):
            self._sending.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._sending.socket.setblocking(False)
        found: socket.socket = self._sending.socket
        return found

    def _offer_again(self, path: Path, data: bytes) -> None:
        with self._lock:
            self._later.append((time.monotonic() + OFFERED_FOR_SECONDS, path, data))
            if not self._offering:
                self._offering = True
                threading.Thread(target=self._offer, daemon=True, name="bus").start()

    def _offer(self) -> None:
        while True:
            with self._lock:
                if not self._later:
                    self._offering = False
                    return
                until, path, data = self._later[0]
            try:
                done = time.monotonic() > until or self._send(path, data)
            except OSError:
                done = True
            if not done:
                time.sleep(OFFER_EVERY_SECONDS)
                continue
            with self._lock:
                if self._later and self._later[0][2] is data:
                    self._later.popleft()


class _reachable:
    """A socket's address is bounded to about 100 bytes: a longer path goes through its directory's descriptor."""

    def __init__(self, path: Path):
        self._path = path
        self._directory = -1

    def __enter__(self) -> str:
        if len(os.fsencode(self._path)) <= LONGEST_PATH:
            return str(self._path)
        self._directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        return f"/proc/self/fd/{self._directory}/{self._path.name}"

    def __exit__(self, *error: object) -> None:
        if self._directory >= 0:
            os.close(self._directory)
