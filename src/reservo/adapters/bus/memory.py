"""A bus inside one process, for tests."""

from __future__ import annotations

import os
import threading
from collections import deque

from reservo.adapters.bus.base import MOST_WAITING, Message, packed, unpacked


class MemorySubscription:
    def __init__(self, bus: MemoryBus, topics: tuple[str, ...]):
        self.topics = topics
        self._bus = bus
        self._waiting: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._arrived = threading.Condition()
        self._read_end, self._write_end = os.pipe()
        self._is_open = True
        for end in (self._read_end, self._write_end):
            os.set_blocking(end, False)

    def put(self, data: bytes) -> None:
        with self._arrived:
            if self._is_open:
                if not self._waiting:
                    os.write(self._write_end, b".")
                self._waiting.append(data)
                self._arrived.notify()

    def receive(self, timeout: float) -> Message | None:
        with self._arrived:
            if not self._arrived.wait_for(lambda: bool(self._waiting), timeout):
                return None
            data = self._waiting.popleft()
            if not self._waiting:
                os.read(self._read_end, 1)
        return unpacked(data)

    def fileno(self) -> int:
        return self._read_end

    def close(self) -> None:
        with self._arrived:
            if self._is_open:
                self._is_open = False
                self._bus.forget(self)
                os.close(self._read_end)
                os.close(self._write_end)


class MemoryBus:
    def __init__(self) -> None:
        self._subscriptions: list[MemorySubscription] = []

    def publish(self, topic: str, message: Message) -> None:
        data = packed(topic, message)
        for subscription in tuple(self._subscriptions) if data else ():
            if topic in subscription.topics:
                subscription.put(data)

    def subscribe(self, *topics: str) -> MemorySubscription:
        subscription = MemorySubscription(self, topics)
        self._subscriptions.append(subscription)
        return subscription

    def forget(self, subscription: MemorySubscription) -> None:
        self._subscriptions.remove(subscription)
