"""Sending one planned mail, effectively once.

planned → claimed → accepted | rejected | unknown. A worker that dies after claiming leaves `claimed`: whoever finds
it knows that the mail may have gone, and repeats it under the same Message-ID only if its kind allows.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import F

from reservo import jobs, tenancy
from reservo.adapters import mail as transports
from reservo.adapters.mail import Rejected, Unknown, Unreachable
from reservo.core.clock import now
from reservo.jobs.turns import NotDone
from reservo.notifications import kinds, rate
from reservo.notifications.message import built
from reservo.notifications.models import Delivery

State = Delivery.State
MOST_ATTEMPTS = 8


@jobs.task(name="notifications.send", attempts=MOST_ATTEMPTS + 4)
def send_delivery(delivery_id: int) -> None:
    delivery = _claim(delivery_id, at=now())
    if delivery is None:
        return
    kind = kinds.kind_named(delivery.kind)
    mail = kind.compose(delivery)
    if mail is None:
        _settle(delivery, State.WITHDRAWN)
        return
    rate.wait_turn()
    message = built(mail, delivery)
    transport = transports.current()
    try:
        transport.send(message, sender=settings.RESERVO_MAIL_FROM, recipient=delivery.to_address)
    except Rejected as refused:
        _refused(delivery, refused)
    except Unreachable as broken:
        _try_later(delivery, "unreachable", str(broken))
    except Unknown as broken:
        _unknown(delivery, kind, str(broken))
    else:
        _settle(delivery, State.ACCEPTED, subject=mail.subject)


def _claim(delivery_id: int, *, at: datetime) -> Delivery | None:
    """The delivery, ours to send; None if it is settled. Found claimed, its last end is unknown."""
    with tenancy.atomic():
        delivery = Delivery.objects.filter(pk=delivery_id).first()
        if delivery is None or delivery.state not in (State.PLANNED, State.CLAIMED, State.UNKNOWN):
            return None
        crashed = delivery.state == State.CLAIMED
        if crashed and not kinds.kind_named(delivery.kind).repeats_unknown:
            _write(delivery, State.UNKNOWN, error_class="crashed", at=at)
            return None
        Delivery.objects.filter(pk=delivery_id).update(
            state=State.CLAIMED, claimed_at=at, attempts=F("attempts") + 1, fence=F("fence") + 1
        )
        delivery.attempts += 1
        delivery.fence += 1
    return delivery


def _refused(delivery: Delivery, refused: Rejected) -> None:
    if refused.permanent:
        _settle(delivery, State.REJECTED, error_class="permanent", error_text=str(refused))
    else:
        _try_later(delivery, "temporary", str(refused))


def _try_later(delivery: Delivery, error_class: str, error_text: str) -> None:
    if delivery.attempts >= MOST_ATTEMPTS:
        _settle(delivery, State.DEAD, error_class=error_class, error_text=error_text)
        return
    _settle(delivery, State.PLANNED, error_class=error_class, error_text=error_text)
    raise NotDone(error_class)


def _unknown(delivery: Delivery, kind: kinds.Kind, error_text: str) -> None:
    last = delivery.attempts >= MOST_ATTEMPTS
    _settle(delivery, State.DEAD if last else State.UNKNOWN, error_class="unknown", error_text=error_text)
    if kind.repeats_unknown and not last:
        raise NotDone("unknown")


def _settle(
    delivery: Delivery, state: str, *, subject: str = "", error_class: str = "", error_text: str = ""
) -> None:
    with tenancy.atomic():
        _write(delivery, state, subject=subject, error_class=error_class, error_text=error_text, at=now())


def _write(
    delivery: Delivery, state: str, *, subject: str = "", error_class: str = "", error_text: str = "", at: datetime
) -> None:
    """Only under the fence that was claimed: a slower worker's verdict changes nothing."""
    Delivery.objects.filter(pk=delivery.pk, fence=delivery.fence).update(
        state=state,
        settled_at=None if state == State.PLANNED else at,
        error_class=error_class,
        error_text=error_text[:300],
        mail_subject=subject[:200],
    )
