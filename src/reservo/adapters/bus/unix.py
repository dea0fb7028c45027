"""A bus of Unix datagram sockets: each listener binds its own in the data directory, senders write to all of them."""

from __future__ import annotations

import json
import os
import select
import socket
import threading
import uuid
from pathlib import Path

from reservo.adapters.bus.base import MOST_BYTES, Message

BUFFER_BYTES = 1_000_000
LONGEST_PATH = 100


class UnixSubscription:
    def __init__(self, directory: Path, topics: tuple[str, ...]):
        self.topics = topics
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = directory / f"{os.getpid()}-{uuid.uuid4().hex[:8]}.sock"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        with _reachable(self._path) as short:
            self._socket.bind(short)
        self._socket.setblocking(False)

    def receive(self, timeout: float) -> Message | None:
        while select.select([self._socket], [], [], timeout)[0]:
            try:
                message: Message = json.loads(self._socket.recv(MOST_BYTES))
            except (BlockingIOError, ValueError):
                continue
            if message.get("topic") in self.topics:
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

    def publish(self, topic: str, message: Message) -> None:
        data = json.dumps({**message, "topic": topic}).encode()
        if len(data) > MOST_BYTES or not self._directory.exists():
            return
        sender = self._sender()
        for path in self._directory.glob("*.sock"):
            try:
                with _reachable(path) as short:
                    sender.sendto(data, short)
            except (ConnectionRefusedError, FileNotFoundError):
                path.unlink(missing_ok=True)
            except OSError:
                continue

    def subscribe(self, *topics: str) -> UnixSubscription:
        return UnixSubscription(self._directory, topics)

    def _sender(self) -> socket.socket:
        if not hasattr(self._sending, "socket"):
            self._sending.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._sending.socket.setblocking(False)
        found: socket.socket = self._sending.socket
        return found


class _reachable:
    """A socket's address is bounded to about 100 bytes: a longer path goes through its directory's descriptor."""

    def __init__(self, path: Path):
        self._path = path
        self._directory = -1

    def __enter__(self) -> str:
        if len(str(self._path)) <= LONGEST_PATH:
            return str(self._path)
        self._directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        return f"/proc/self/fd/{self._directory}/{self._path.name}"

    def __exit__(self, *error: object) -> None:
        if self._directory >= 0:
            os.close(self._directory)
