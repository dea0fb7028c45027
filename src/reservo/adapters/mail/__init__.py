"""Where mail is handed over."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from reservo.adapters.mail.base import Accepted, MailTransport, Rejected, Unknown, Unreachable
from reservo.adapters.mail.mailbox import MailboxTransport
from reservo.adapters.mail.smtp import SmtpTransport

__all__ = ["Accepted", "MailTransport", "Rejected", "Unknown", "Unreachable", "current"]


@lru_cache(maxsize=1)
def current() -> MailTransport:
    """SMTP where RESERVO_SMTP_URL says so, else the mailbox in the data directory."""
    if settings.RESERVO_SMTP_URL:
        return SmtpTransport(settings.RESERVO_SMTP_URL)
    return MailboxTransport(settings.RESERVO_DATA_DIR / "mailbox")
