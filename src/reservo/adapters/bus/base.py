"""What every bus offers."""

from __future__ import annotations

from typing import Any, Protocol

Message = dict[str, Any]
MOST_BYTES = 8_192


class Subscription(Protocol):
    def receive(self, timeout: float) -> Message | None:
        """The next message, or None after `timeout` seconds."""

    def fileno(self) -> int:
        """A descriptor that is readable when a message waits."""

    def close(self) -> None: ...


class Bus(Protocol):
    def publish(self, topic: str, message: Message) -> None:
        """Hand a message to everybody who listens now. Never raises, never waits; loss is allowed."""

    def subscribe(self, *topics: str) -> Subscription:
        """Messages of these topics from now on, each with its `topic`."""
