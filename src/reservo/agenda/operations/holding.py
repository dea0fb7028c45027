"""Keeping a time for a form while its fields are filled in."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from reservo import outbox, tenancy
from reservo.agenda import claims
from reservo.agenda.events import AgendaTimeChanged
from reservo.agenda.models import Appointment, Claim, Hold
from reservo.agenda.operations import online, placing
from reservo.catalog.models import Service

MOST_PER_ADDRESS = 5


class TooManyHolds(RuntimeError):
    """One client address holds as many times as it may."""


class HoldOver(RuntimeError):
    """The hold is unknown, expired, or of something else."""


def hold(
    request: object,
    *,
    minutes: int,
    address_hash: str,
    earlier_token: str = "",
    token: str = "",
    at: datetime,
) -> tuple[Hold, str]:
    """Hold the time of this (online) Booking; the form's earlier hold is given up first.

    A form may bring a random `token` of its own, and holds one time under it.

    Raises TimeTaken, NotOffered, TooManyHolds, UnknownObject, BadTime.
    """
    with tenancy.atomic():
        if earlier_token:
            release(earlier_token, at=at)
        claims.drop_expired_holds(at=at)
        if Hold.objects.filter(address_hash=address_hash).count() >= MOST_PER_ADDRESS:
            raise TooManyHolds
        draft, service = _draft(request, at=at)
        online.place(draft, request, service, at=at)  # type: ignore[arg-type]
        return _write(draft, service, minutes, address_hash, token or secrets.token_urlsafe(24), at)


def _draft(request: object, *, at: datetime) -> tuple[Appointment, Service]:
    branch = placing.branch_named(request.branch_id)  # type: ignore[attr-defined]
    service = Service.objects.filter(pk=request.service_ids[0], is_active=True, is_online=True).first()  # type: ignore[attr-defined]
    if service is None:
        raise placing.UnknownObject("service")
    draft = Appointment(
        branch=branch,
        zone=branch.zone,
        buffer_before_minutes=service.buffer_before_minutes,
        buffer_after_minutes=service.buffer_after_minutes,
    )
    placing.check_time(request.starts_at, service.duration_minutes, branch.zone, at=at)  # type: ignore[attr-defined]
    placing.set_time(draft, request.starts_at, service.duration_minutes)  # type: ignore[attr-defined]
    return draft, service


def _write(
    draft: Appointment, service: Service, minutes: int, address_hash: str, token: str, at: datetime
) -> tuple[Hold, str]:
    kept = Hold.objects.create(
        token_hash=_hash(token),
        branch=draft.branch,
        service=service,
        practitioner_id=draft.practitioner_id,
        room_id=draft.room_id,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        first_tick=draft.first_tick,
        end_tick=draft.end_tick,
        expires_at=at + timedelta(minutes=minutes),
        address_hash=address_hash,
        created_at=at,
    )
    claims.take_for(kept, placing.span_of(draft), at=at)
    _announce(kept, draft.local_date.isoformat(), at)
    return kept, token


def release(token: str, *, at: datetime) -> None:
    """Give the held time up; nothing if it is over already."""
    with tenancy.atomic():
        kept = Hold.objects.filter(token_hash=_hash(token)).select_related("branch").first()
        if kept is None:
            return
        Claim.objects.filter(hold=kept).delete()
        kept_date = placing.zones.local_date(kept.starts_at, kept.branch.zone).isoformat()
        _announce(kept, kept_date, at)
        kept.delete()


def hold_of(token: str, *, at: datetime) -> Hold | None:
    return Hold.objects.filter(token_hash=_hash(token), expires_at__gt=at).first()


def _announce(kept: Hold, date: str, at: datetime) -> None:
    outbox.announce(AgendaTimeChanged(kept.branch_id, date, date), at=at)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
