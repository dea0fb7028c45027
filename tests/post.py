"""Time and post of a test: a clock that is set, mail that is kept, and a worker that does what is due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest

from reservo.adapters import mail as transports
from reservo.adapters.mail.memory import MemoryTransport
from reservo.core import clock
from reservo.jobs import worker


class Clock:
    """The program's clock, shifted; it goes on running."""

    def set(self, at: datetime) -> datetime:
        clock.set_offset(timedelta())
        clock.set_offset(at - clock.now())
        return clock.now()

    def forward(self, **span: float) -> datetime:
        return self.set(clock.now() + timedelta(**span))


class Post:
    """What left, and the worker that sends it."""

    def __init__(self) -> None:
        self.transport = MemoryTransport()

    def work(self, cast) -> list[EmailMessage]:
        """Do everything that is due in this centre; the mails that left meanwhile."""
        before = len(self.transport.sent)
        while worker.visit(cast.route.tenant_id, "postman"):
            pass
        return [message for _, message in self.transport.sent[before:]]

    @property
    def recipients(self) -> list[str]:
        return [address for address, _ in self.transport.sent]


@pytest.fixture
def at_time() -> Iterator[Clock]:
    yield Clock()
    clock.set_offset(timedelta())


@pytest.fixture
def post(monkeypatch) -> Post:
    made = Post()
    monkeypatch.setattr(transports, "current", lambda: made.transport)
    return made
