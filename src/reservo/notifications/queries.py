"""Reading the mail log."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404

from reservo.notifications.models import RESENDABLE, Delivery

PERHAPS_READ = (
    Delivery.State.CLAIMED,
    Delivery.State.ACCEPTED,
    Delivery.State.UNKNOWN,
    Delivery.State.DELIVERED,
    Delivery.State.COMPLAINED,
)
NEEDS_A_LOOK = tuple(RESENDABLE)
PROBLEM = "problem"


def deliveries(*, state: str = "", kind: str = "", typed: str = "") -> QuerySet[Delivery]:
    """Newest first; `problem` is every state that a person should look at."""
    found = Delivery.objects.order_by("-id")
    if state == PROBLEM:
        found = found.filter(state__in=NEEDS_A_LOOK)
    elif state in Delivery.State.values:
        found = found.filter(state=state)
    if kind:
        found = found.filter(kind=kind[:30])
    if typed:
        words = typed[:100]
        found = found.filter(
            Q(to_address__icontains=words) | Q(to_name__icontains=words) | Q(mail_subject__icontains=words)
        )
    return found


def deliveries_for(staff: Any, **asked: str) -> QuerySet[Delivery]:
    """Those of the branches that this member of staff is kept to."""
    found = deliveries(**asked)
    branches = staff.branch_ids()
    return found if branches is None else found.filter(branch_id__in=branches)


def delivery_for(staff: Any, delivery_id: int) -> Delivery:
    """Raises Http404."""
    found = deliveries_for(staff).filter(pk=delivery_id).first()
    if found is None:
        raise Http404
    return found


def count_problems(staff: Any) -> int:
    return deliveries_for(staff, state=PROBLEM)[:100].count()


def deliveries_of(appointment_id: int) -> QuerySet[Delivery]:
    return Delivery.objects.filter(appointment_id=appointment_id).order_by("id")


def is_known(subject_key: str, kind: str) -> bool:
    """Whether a mail of this kind was ever planned for it."""
    return Delivery.objects.filter(subject_key=subject_key, kind=kind).exists()


def was_sent(subject_key: str, *kinds: str) -> bool:
    """Whether the patient may have read a mail of these kinds about it."""
    sent = Delivery.objects.filter(subject_key=subject_key, kind__in=kinds, state__in=PERHAPS_READ)
    return sent.exists()
