"""A mailbox of files in the data directory: what a demo sends is looked at, not delivered."""

from __future__ import annotations

import os
import uuid
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from reservo.adapters.mail.base import Accepted, Unreachable
from reservo.core.clock import now

MOST_KEPT = 2_000
PRUNED_EVERY = 100


class MailboxTransport:
    def __init__(self, directory: Path):
        self._directory = directory
        self._sent = 0

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Accepted:
        name = f"{now():%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}"
        draft = self._directory / f".{name}"
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(message.as_bytes(policy=SMTP))
            os.replace(draft, self._directory / f"{name}.eml")
        except OSError as broken:
            raise Unreachable(str(broken)) from broken
        self._sent += 1
        if self._sent % PRUNED_EVERY == 0:
            self._prune()
        return Accepted(name)

    def names(self) -> list[str]:
        """Names of what is kept, newest first."""
        return sorted((path.stem for path in self._directory.glob("*.eml")), reverse=True)

    def read(self, name: str) -> bytes:
        """The message as it was sent. Raises FileNotFoundError."""
        return (self._directory / f"{Path(name).name}.eml").read_bytes()

    def close(self) -> None:
        return

    def _prune(self) -> None:
        for name in self.names()[MOST_KEPT:]:
            (self._directory / f"{name}.eml").unlink(missing_ok=True)
