"""Whom to call because no mail can reach them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Lower, NullIf

from reservo.agenda.models import Appointment
from reservo.agenda.queries.visits import appointments_for
from reservo.notifications.models import Delivery, StoppedAddress

LOOKED_AHEAD = timedelta(days=3)
TOLD_STATES = (Appointment.State.NOT_CONFIRMED, Appointment.State.CONFIRMED)
FAILED = (Delivery.State.REJECTED, Delivery.State.DEAD, Delivery.State.BOUNCED, Delivery.State.COMPLAINED)


@dataclass(frozen=True, slots=True)
class Call:
    """A visit and why no mail reaches its patient: `none`, `stopped`, `failed`."""

    visit: Appointment
    reason: str


def visits_to_call(staff: Any, *, at: datetime) -> QuerySet[Appointment]:
    """Coming visits of the next days without a usable address: none, stopped, or refused last time."""
    address = Lower(Coalesce(NullIf(F("contact_email"), Value("")), F("patient__email"), Value("")))
    failed = Delivery.objects.filter(
        appointment_id=OuterRef("pk"), state__in=FAILED, to_address__iexact=OuterRef("mail_address")
    )
    return (
        appointments_for(staff)
        .filter(starts_at__gt=at, starts_at__lt=at + LOOKED_AHEAD, state__in=TOLD_STATES)
        .annotate(mail_address=address)
        .annotate(
            is_stopped=Exists(StoppedAddress.objects.filter(address=OuterRef("mail_address"))),
            is_failed=Exists(failed),
        )
        .filter(Q(mail_address="") | Q(is_stopped=True) | Q(is_failed=True))
        .select_related("patient", "branch", "practitioner")
        .prefetch_related("services")
        .order_by("starts_at", "id")
    )


def reasoned(visits: list[Appointment]) -> list[Call]:
    return [Call(visit, _reason(visit)) for visit in visits]


def _reason(visit: Any) -> str:
    if not visit.mail_address:
        return "none"
    return "stopped" if visit.is_stopped else "failed"
