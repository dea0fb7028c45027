"""What every bus offers."""

from __future__ import annotations

import json
from typing import Any, Protocol

Message = dict[str, Any]
MOST_BYTES = 8_192
MOST_WAITING = 1_000


class Subscription(Protocol):
    def receive(self, timeout: float) -> Message | None:
        """The next message, or None after `timeout` seconds."""

    def fileno(self) -> int:
        """A descriptor that is readable when a message waits."""

    def close(self) -> None:
        """Nothing more arrives; may be repeated."""


class Bus(Protocol):
    def publish(self, topic: str, message: Message) -> None:
        """Hand a message to everybody who listens now. Never raises, never waits; loss is allowed."""

    def subscribe(self, *topics: str) -> Subscription:
        """Messages of these topics from now on, each with its `topic`."""


def packed(topic: str, message: Message) -> bytes:
    """The message on its way; nothing if it is larger than any message of ids can be."""
    data = json.dumps({**message, "topic": topic}, separators=(",", ":")).encode()
    return data if len(data) <= MOST_BYTES else b""


def unpacked(data: bytes) -> Message | None:
    """The message, or None if it is none: whatever else may write to a socket harms nobody."""
    try:
        message = json.loads(data)
    except ValueError:
        return None
    return message if isinstance(message, dict) and isinstance(message.get("topic"), str) else None
