"""What every way of handing mail over offers, and how it can fail."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Accepted:
    """The other side took responsibility; its own id, if it gave one."""

    provider_id: str = ""


class Rejected(RuntimeError):
    """The other side refused: for good, or for now."""

    def __init__(self, *, permanent: bool, code: int, text: str):
        super().__init__(f"{code} {text}"[:300])
        self.permanent, self.code = permanent, code


class Unreachable(RuntimeError):
    """Nothing was handed over; safe to repeat."""


class Unknown(RuntimeError):
    """The connection broke after the content was begun: it may have been taken or not."""


class MailTransport(Protocol):
    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Accepted:
        """Raises Rejected, Unreachable, Unknown."""

    def close(self) -> None: ...
