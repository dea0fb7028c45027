"""After a few failures an address of mail, or a client, waits longer and longer."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.crypto import salted_hmac

from reservo import tenancy
from reservo.accounts.models import LogInAttempts

FREE_FAILURES = 5
FREE_FAILURES_OF_CLIENT = 30
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)


class LockedOut(RuntimeError):
    """Too many failures; `until` says how long to wait."""

    def __init__(self, until: datetime):
        super().__init__(until.isoformat())
        self.until = until


def refuse_locked(email: str, client: str, *, at: datetime) -> None:
    """Raises LockedOut while the address of mail or the client must wait."""
    rows = LogInAttempts.objects.filter(key__in=[_key("mail", email), _key("client", client)])
    waits = [row.locked_until for row in rows if row.locked_until and row.locked_until > at]
    if waits:
        raise LockedOut(max(waits))


def note_failure(email: str, client: str, *, at: datetime) -> None:
    with tenancy.control(), tenancy.atomic():
        _count(_key("mail", email), FREE_FAILURES, at)
        _count(_key("client", client), FREE_FAILURES_OF_CLIENT, at)


def forget_failures(email: str) -> None:
    LogInAttempts.objects.filter(key=_key("mail", email)).delete()


def _count(key: str, free: int, at: datetime) -> None:
    row, _ = LogInAttempts.objects.get_or_create(key=key, defaults={"last_at": at})
    if row.last_at < at - FORGOTTEN_AFTER:
        row.failures = 0
    row.failures += 1
    row.last_at = at
    if row.failures >= free:
        row.locked_until = at + min(FIRST_WAIT * 2 ** min(row.failures - free, 10), LONGEST_WAIT)
    row.save()


def _key(kind: str, text: str) -> str:
    return salted_hmac(f"reservo.lockout.{kind}", text.casefold(), algorithm="sha256").hexdigest()
