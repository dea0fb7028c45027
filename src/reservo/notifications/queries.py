"""Reading the mail log."""

from __future__ import annotations

from django.db.models import QuerySet

from reservo.notifications.models import Delivery

NEEDS_A_LOOK = (Delivery.State.REJECTED, Delivery.State.UNKNOWN, Delivery.State.DEAD, Delivery.State.BOUNCED)


def deliveries(*, state: str = "", kind: str = "", typed: str = "") -> QuerySet[Delivery]:
    found = Delivery.objects.order_by("-id")
    if state == "problem":
        found = found.filter(state__in=NEEDS_A_LOOK)
    elif state in Delivery.State.values:
        found = found.filter(state=state)
    if kind:
        found = found.filter(kind=kind)
    if typed:
        found = found.filter(to_address__icontains=typed[:100])
    return found


def deliveries_of(appointment_id: int) -> QuerySet[Delivery]:
    return Delivery.objects.filter(appointment_id=appointment_id).order_by("id")
