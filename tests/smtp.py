"""A real mail server on loopback that remembers, and misbehaves as it is told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Sink:
    """`received` is what it took, in order. The lists say how the next hand-overs fail."""

    received: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    refuse_recipient: list[str] = field(default_factory=list)
    refuse_content: list[str] = field(default_factory=list)
    drop_after_content: int = 0  # takes it, then hangs up without an answer
    drop_before_content: int = 0
    connections: int = 0
    at_recipient: Callable[[int], None] = lambda count: None  # told the number of the hand-over, from 1
    at_content: Callable[[int], None] = lambda count: None
    handovers: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, answers: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return answers

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self.handovers += 1
        self.at_recipient(self.handovers)
        if self.drop_before_content:
            self.drop_before_content -= 1
            server.transport.abort()
            await asyncio.sleep(0.2)
        if self.refuse_recipient:
            return self.refuse_recipient.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refuse_content:
            return self.refuse_content.pop(0)
        with self.lock:
            self.received.append(message_from_bytes(envelope.content, policy=default))
            self.recipients += envelope.rcpt_tos
        self.at_content(self.handovers)
        if self.drop_after_content:
            self.drop_after_content -= 1
            server.transport.abort()
            await asyncio.sleep(0.2)
        return "250 taken"

    def ids(self) -> list[str]:
        return [message["Message-ID"] for message in self.received]


class Server:
    """Runs a sink until the end of the `with`."""

    def __init__(self, port: int = 0):
        self.sink = Sink()
        self._port = port

    def __enter__(self) -> Server:
        self._controller = Controller(self.sink, hostname="127.0.0.1", port=self._port or _free_port())
        self._controller.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._controller.port}"


def _free_port() -> int:
    from tests.installation import free_ports

    return free_ports(1)[0]
