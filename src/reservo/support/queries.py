"""Who of the operator's may look into the active centre, and who asks to."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from reservo.support.models import SupportAccess

ASKED_FOR = timedelta(days=1)
MOST_SHOWN = 50
State = SupportAccess.State


def waiting(at: datetime) -> QuerySet[SupportAccess]:
    """Asked for and not answered; a question is forgotten after a day."""
    return SupportAccess.objects.filter(state=State.ASKED, asked_at__gt=at - ASKED_FOR)


def open_now(at: datetime) -> QuerySet[SupportAccess]:
    return SupportAccess.objects.filter(state=State.GRANTED, expires_at__gt=at)


def current(at: datetime) -> SupportAccess | None:
    """What the centre's people should see at once: somebody looks in, or asks to."""
    open_or_asked = Q(state=State.GRANTED, expires_at__gt=at) | Q(
        state=State.ASKED, asked_at__gt=at - ASKED_FOR
    )
    found = SupportAccess.objects.filter(open_or_asked).order_by("-state", "-pk")  # granted before asked
    return found.first()


def latest() -> SupportAccess | None:
    return SupportAccess.objects.order_by("-pk").first()


def history() -> list[SupportAccess]:
    return list(SupportAccess.objects.order_by("-pk")[:MOST_SHOWN])


def asked_since(at: datetime) -> QuerySet[SupportAccess]:
    """What a restore of the centre must not bring back to an earlier state: an access that was ended stays so."""
    return SupportAccess.objects.filter(
        Q(asked_at__gte=at) | Q(decided_at__gte=at) | Q(ended_at__gte=at) | Q(expires_at__gte=at)
    )
