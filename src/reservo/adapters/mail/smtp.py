"""A real mail server; one connection per thread, kept for the next message."""

from __future__ import annotations

import smtplib
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import unquote, urlsplit

from reservo.adapters.mail.base import Accepted, Rejected, Unknown, Unreachable

TIMEOUT_SECONDS = 15
ANSWER_SECONDS = (
    60  # a server may look long at the content before it answers; hanging up would make it unknown
)
IDLE_SECONDS = 30


class BadMailAddress(ValueError):
    """RESERVO_SMTP_URL is none of smtp://, smtps://, smtp+starttls://."""


class SmtpTransport:
    """`smtp://host:port`, `smtps://user:password@host`, `smtp+starttls://user:password@host:port`."""

    def __init__(self, url: str):
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps", "smtp+starttls") or not parts.hostname:
            raise BadMailAddress(parts.scheme)
        self._parts = parts
        self._kept = threading.local()

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Accepted:
        connection = self._begun(sender)
        try:
            self._command(connection.rcpt, recipient)
            code, text = self._data(connection, message.as_bytes(policy=SMTP))
        except (Unreachable, Unknown):
            self.close()
            raise
        except Rejected:
            self._reset(connection)
            raise
        if code != 250:
            raise Rejected(permanent=code >= 500, code=code, text=_line(text))
        self._kept.used = time.monotonic()
        return Accepted(_line(text)[:120])

    def _begun(self, sender: str) -> smtplib.SMTP:
        """A connection that took the sender; a kept one that the server closed meanwhile is replaced."""
        is_kept = self._drop_idle()
        connection = self._connection()
        try:
            self._command(connection.mail, sender)
        except Unreachable:
            self.close()
            if not is_kept:
                raise
            return self._begun(sender)
        except Rejected:
            self._reset(connection)
            raise
        return connection

    def close(self) -> None:
        connection = getattr(self._kept, "connection", None)
        self._kept.connection = None
        if connection is not None:
            connection.close()

    def _command(self, command: object, address: str) -> None:
        try:
            code, text = command(address)  # type: ignore[operator]
        except (smtplib.SMTPException, OSError) as broken:
            raise Unreachable(type(broken).__name__) from broken
        if code == 421:
            raise Unreachable(_line(text))
        if code not in (250, 251):
            raise Rejected(permanent=code >= 500, code=code, text=_line(text))

    def _data(self, connection: smtplib.SMTP, content: bytes) -> tuple[int, bytes]:
        try:
            with _patient(connection):
                return connection.data(content)
        except smtplib.SMTPDataError as refused:
            code, text = refused.smtp_code, refused.smtp_error
            raise Rejected(permanent=code >= 500, code=code, text=_line(text)) from refused
        except (smtplib.SMTPException, OSError) as broken:
            raise Unknown(type(broken).__name__) from broken

    def _reset(self, connection: smtplib.SMTP) -> None:
        try:
            connection.rset()
        except (smtplib.SMTPException, OSError):
            self.close()

    def _drop_idle(self) -> bool:
        """Whether this thread still has a connection that is worth trying."""
        connection = getattr(self._kept, "connection", None)
        if connection is not None and time.monotonic() - self._kept.used > IDLE_SECONDS:
            self.close()
            return False
        return connection is not None

    def _connection(self) -> smtplib.SMTP:
        connection: smtplib.SMTP | None = getattr(self._kept, "connection", None)
        if connection is None:
            self._kept.connection = connection = self._open()
            self._kept.used = time.monotonic()
        return connection

    def _open(self) -> smtplib.SMTP:
        parts = self._parts
        try:
            if parts.scheme == "smtps":
                connection: smtplib.SMTP = smtplib.SMTP_SSL(
                    parts.hostname or "",
                    parts.port or 465,
                    timeout=TIMEOUT_SECONDS,
                    context=ssl.create_default_context(),
                )
            else:
                connection = smtplib.SMTP(parts.hostname or "", parts.port or 25, timeout=TIMEOUT_SECONDS)
            if parts.scheme == "smtp+starttls":
                connection.starttls(context=ssl.create_default_context())
            connection.ehlo_or_helo_if_needed()
            if parts.username:
                connection.login(unquote(parts.username), unquote(parts.password or ""))
        except (smtplib.SMTPException, OSError) as broken:
            raise Unreachable(type(broken).__name__) from broken
        return connection


@contextmanager
def _patient(connection: smtplib.SMTP) -> Iterator[None]:
    """While the server looks at the content it may take longer than over a command."""
    if connection.sock is not None:
        connection.sock.settimeout(ANSWER_SECONDS)
    yield
    if connection.sock is not None:
        connection.sock.settimeout(TIMEOUT_SECONDS)


def _line(text: bytes | str) -> str:
    return (text.decode("utf-8", "replace") if isinstance(text, bytes) else text).replace("\n", " ")[:200]
