"""What a restore must not undo: mail that has left."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from reservo.notifications.models import Delivery

State = Delivery.State
IDENTITY = ("kind", "subject_key", "version", "to_address")
LEFT = (
    State.ACCEPTED,
    State.REJECTED,
    State.UNKNOWN,
    State.DELIVERED,
    State.BOUNCED,
    State.COMPLAINED,
)


def left_since(at: datetime) -> QuerySet:
    """Deliveries handed over since then, whatever became of them."""
    recent = Q(created_at__gte=at) | Q(settled_at__gte=at) | Q(claimed_at__gte=at)
    return Delivery.objects.filter(recent, state__in=LEFT)
