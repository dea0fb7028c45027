"""Keeps what was sent, for tests; `fail_with` makes the next hand-overs fail."""

from __future__ import annotations

from email.message import EmailMessage

from reservo.adapters.mail.base import Accepted


class MemoryTransport:
    def __init__(self) -> None:
        self.sent: list[tuple[str, EmailMessage]] = []
        self.fail_with: list[Exception] = []

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Accepted:
        if self.fail_with:
            raise self.fail_with.pop(0)
        self.sent.append((recipient, message))
        return Accepted(str(len(self.sent)))

    def close(self) -> None:
        self.sent.clear()
