"""The operator asks, the centre answers, either ends it; each in the centre's trail."""

from __future__ import annotations

from datetime import datetime, timedelta

from reservo import tenancy
from reservo.audit.operations import record
from reservo.core.actor import Actor
from reservo.support import mails, queries
from reservo.support.models import SupportAccess

SHORTEST_MINUTES, LONGEST_MINUTES = 5, 240
State = SupportAccess.State


class AlreadyAsked(RuntimeError):
    """A question waits for its answer, or an access is open."""


class NotOpen(RuntimeError):
    """It was answered, ended, or has passed."""


def ask(*, reason: str, minutes: int, wants_patients: bool, by: Actor, at: datetime) -> SupportAccess:
    """The centre's administrators see it on every page and get a mail. Raises AlreadyAsked."""
    minutes = min(max(minutes, SHORTEST_MINUTES), LONGEST_MINUTES)
    with tenancy.atomic():
        if queries.waiting(at).exists() or queries.open_now(at).exists():
            raise AlreadyAsked
        made = SupportAccess.objects.create(
            operator_id=by.id or 0,
            operator_name=by.name[:80],
            reason=reason[:200],
            minutes=minutes,
            wants_patients=wants_patients,
            asked_at=at,
        )
        details = {"reason": reason, "minutes": minutes, "patients": wants_patients}
        record("support.asked", "support", made.pk, by=by, at=at, details=details)
        mails.tell_administrators(made, at=at)
    return made


def grant(access_id: int, *, sees_patients: bool, by: Actor, at: datetime) -> SupportAccess:
    """From now on for the minutes asked for; patients only if both asked and agreed. Raises NotOpen."""
    with tenancy.atomic():
        asked = queries.waiting(at).filter(pk=access_id).first()
        if asked is None:
            raise NotOpen
        asked.state, asked.decided_at, asked.decided_by = State.GRANTED, at, by.name[:80]
        asked.sees_patients = sees_patients and asked.wants_patients
        asked.expires_at = at + timedelta(minutes=asked.minutes)
        asked.save()
        details = {"minutes": asked.minutes, "patients": asked.sees_patients}
        record("support.granted", "support", asked.pk, by=by, at=at, details=details)
    return asked


def deny(access_id: int, *, by: Actor, at: datetime) -> None:
    """Raises NotOpen."""
    _close(queries.waiting(at).filter(pk=access_id), "support.denied", State.DENIED, by=by, at=at)


def end(access_id: int, *, by: Actor, at: datetime) -> None:
    """At once: the next request of whoever looks in finds it over. Raises NotOpen."""
    _close(queries.open_now(at).filter(pk=access_id), "support.ended", State.ENDED, by=by, at=at)


def _close(found: object, action: str, state: str, *, by: Actor, at: datetime) -> None:
    with tenancy.atomic():
        row = found.first()  # type: ignore[attr-defined]
        if row is None:
            raise NotOpen
        row.state = state
        if state == State.ENDED:
            row.ended_at = at
        else:
            row.decided_at, row.decided_by = at, by.name[:80]
        row.save()
        record(action, "support", row.pk, by=by, at=at)
