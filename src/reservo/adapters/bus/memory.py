"""A bus inside one process, for tests."""

from __future__ import annotations

import os
import threading
from collections import deque

from reservo.adapters.bus.base import MOST_BYTES, Message

MOST_WAITING = 1_000


class MemorySubscription:
    def __init__(self, bus: MemoryBus, topics: tuple[str, ...]):
        self.topics = topics
        self._bus = bus
        self._waiting: deque[Message] = deque(maxlen=MOST_WAITING)
        self._arrived = threading.Condition()
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._write_end, False)

    def put(self, message: Message) -> None:
        with self._arrived:
            self._waiting.append(message)
            self._arrived.notify()
        try:
            os.write(self._write_end, b".")
        except BlockingIOError:
            return

    def receive(self, timeout: float) -> Message | None:
        with self._arrived:
            if not self._waiting and not self._arrived.wait_for(lambda: bool(self._waiting), timeout):
                return None
            os.read(self._read_end, 1)
            return self._waiting.popleft()

    def fileno(self) -> int:
        return self._read_end

    def close(self) -> None:
        self._bus.forget(self)
        os.close(self._read_end)
        os.close(self._write_end)


class MemoryBus:
    def __init__(self) -> None:
        self._subscriptions: list[MemorySubscription] = []

    def publish(self, topic: str, message: Message) -> None:
        if len(repr(message)) > MOST_BYTES:
            return
        for subscription in tuple(self._subscriptions):
            if topic in subscription.topics:
                subscription.put({**message, "topic": topic})

    def subscribe(self, *topics: str) -> MemorySubscription:
        subscription = MemorySubscription(self, topics)
        self._subscriptions.append(subscription)
        return subscription

    def forget(self, subscription: MemorySubscription) -> None:
        self._subscriptions.remove(subscription)
