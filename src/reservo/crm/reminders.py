"""Whose visit is reminded by a branch's job of 08:00."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from reservo.agenda.models import Appointment
from reservo.core import zones

REMINDED_STATES = (Appointment.State.NOT_CONFIRMED, Appointment.State.CONFIRMED)
HOUR_MINUTE = 8 * 60


def visits_to_remind(
    branch_id: int, zone: str, day: date, *, due_at: datetime, at: datetime
) -> QuerySet[Appointment]:
    """Visits of the local day that begin after 08:00, and of the next day at or before it.

    None that was booked after the job's own moment; after an outage only those not yet begun.
    """
    tomorrow = day + timedelta(days=1)
    end = zones.at_minute(tomorrow, HOUR_MINUTE, zone)
    return (
        Appointment.objects.filter(branch_id=branch_id, state__in=REMINDED_STATES, starts_at__gt=at)
        .filter(starts_at__gt=due_at, starts_at__lte=end)
        .filter(Q(booked_at__lte=due_at))
        .select_related("patient", "branch")
        .order_by("starts_at")
    )
