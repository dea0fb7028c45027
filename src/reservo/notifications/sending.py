"""Sending one planned mail, effectively once.

planned → claimed → accepted | rejected | unknown. A worker that dies after claiming leaves `claimed`: whoever
finds it after its lease knows that the mail may have gone, and repeats it under the same Message-ID if its
kind allows. The row, not the job, says how often it is tried: the job only
asks again until the row is settled.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F

from reservo import jobs, tenancy
from reservo.adapters import mail as transports
from reservo.adapters.mail import Rejected, Unknown, Unreachable
from reservo.core.clock import now
from reservo.jobs.turns import NotDone
from reservo.notifications import kinds, mail, rate
from reservo.notifications.kinds import Kind, Mail
from reservo.notifications.message import built
from reservo.notifications.models import Delivery

State = Delivery.State
LEASE = timedelta(seconds=180)  # longer than the longest hand-over: see the time-outs of adapters.mail.smtp
LATEST_START = LEASE / 3
NO_TURN_PAUSE = timedelta(seconds=10)
CLAIM = {"state": State.CLAIMED, "attempts": F("attempts") + 1, "fence": F("fence") + 1}
MOST_ATTEMPTS = 30  # 2, 4, 8 … seconds, then hourly: the best part of a day
MOST_UNKNOWN = 3
MORE_THAN_EVER = 1_000

log = logging.getLogger(__name__)


@jobs.task(name="notifications.send", attempts=MORE_THAN_EVER)
def send_delivery(delivery_id: int) -> None:
    if settings.RESERVO_MAIL_PER_SECOND > 0 and not _wait_turn(delivery_id):
        return
    delivery = _claim(delivery_id, at=now())
    if delivery is not None:
        _compose_and_send(delivery, kinds.kind_named(delivery.kind))


def _wait_turn(delivery_id: int) -> bool:
    """Sleep until the shared rate lets it go; False if there is nothing to send any more."""
    delivery = Delivery.objects.filter(pk=delivery_id).first()
    if delivery is None or _is_settled(delivery):
        return False
    try:
        rate.wait_turn(bulk=kinds.kind_named(delivery.kind).bulk)
    except rate.NoTurn:
        raise NotDone("rate", again_at=now() + NO_TURN_PAUSE) from None
    return True


def _is_settled(delivery: Delivery) -> bool:
    return delivery.state not in (State.PLANNED, State.CLAIMED, State.UNKNOWN)


def _claim(delivery_id: int, *, at: datetime) -> Delivery | None:
    """The delivery, ours to send under a new fence; None if it is settled. NotDone while another has it."""
    with tenancy.atomic():
        planned = Delivery.objects.filter(pk=delivery_id, state=State.PLANNED, attempts__lt=MOST_ATTEMPTS)
        fresh = planned.update(**CLAIM, claimed_at=at)
        delivery = Delivery.objects.filter(pk=delivery_id).first()
        if fresh or delivery is None or _is_settled(delivery):
            return delivery if fresh else None
        return _claim_again(delivery, at)


def _claim_again(delivery: Delivery, at: datetime) -> Delivery | None:
    """One whose earlier hand-over has no known end: its worker died, or the server hung up too late."""
    if delivery.state == State.CLAIMED:
        if delivery.claimed_at and at < delivery.claimed_at + LEASE:
            raise NotDone("claimed elsewhere", again_at=delivery.claimed_at + LEASE)
        delivery.unknown_ends += 1
    if not _may_go_on(delivery, kinds.kind_named(delivery.kind)):
        _give_up(delivery, at)
        return None
    mine = Delivery.objects.filter(pk=delivery.pk)
    mine.update(**CLAIM, claimed_at=at, unknown_ends=delivery.unknown_ends)
    return mine.get()


def _may_go_on(delivery: Delivery, kind: Kind) -> bool:
    if delivery.attempts >= MOST_ATTEMPTS:
        return False
    return not delivery.unknown_ends or (kind.repeats_unknown and delivery.unknown_ends <= MOST_UNKNOWN)


def _give_up(delivery: Delivery, at: datetime) -> None:
    state = State.UNKNOWN if delivery.unknown_ends else State.DEAD
    _write(
        delivery, state, error_class=delivery.error_class or "crashed", error_text=delivery.error_text, at=at
    )


def _compose_and_send(delivery: Delivery, kind: Kind) -> None:
    try:
        composed = kind.compose(delivery)
        message = built(composed, delivery) if composed else None
    except Exception as broken:
        log.exception("mail %s could not be made", delivery.pk)
        _try_later(delivery, "composing", type(broken).__name__)
        return
    if composed is None or message is None:
        _settle(delivery, State.WITHDRAWN)
        return
    address = composed.to.address if composed.to else delivery.to_address
    if refusal := mail.refusal_of(address):
        _settle(delivery, State.REJECTED, error_class=refusal)
        return
    _hand_over(delivery, kind, composed, message, address)


def _hand_over(delivery: Delivery, kind: Kind, composed: Mail, message: object, address: str) -> None:
    if delivery.claimed_at and now() > delivery.claimed_at + LATEST_START:
        _try_later(delivery, "stalled", "")
        return
    try:
        transports.current().send(message, sender=settings.RESERVO_MAIL_FROM, recipient=address)  # type: ignore[arg-type]
    except Rejected as refused:
        _refused(delivery, refused)
    except Unreachable as broken:
        _try_later(delivery, "unreachable", str(broken))
    except Unknown as broken:
        _unknown(delivery, kind, str(broken))
    else:
        _settle(delivery, State.ACCEPTED, subject=composed.subject, address=address)


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


def _unknown(delivery: Delivery, kind: Kind, error_text: str) -> None:
    """Its end is not known: the state says so until a repeat (if there is one) is accepted."""
    Delivery.objects.filter(pk=delivery.pk, fence=delivery.fence).update(unknown_ends=F("unknown_ends") + 1)
    delivery.unknown_ends += 1
    _settle(delivery, State.UNKNOWN, error_class="unknown", error_text=error_text)
    if _may_go_on(delivery, kind):
        raise NotDone("unknown")


def _settle(delivery: Delivery, state: str, **facts: str) -> None:
    with tenancy.atomic():
        _write(delivery, state, at=now(), **facts)


def _write(
    delivery: Delivery,
    state: str,
    *,
    at: datetime,
    subject: str = "",
    address: str = "",
    error_class: str = "",
    error_text: str = "",
) -> None:
    """Only under the fence that was claimed: a slower worker's verdict changes nothing."""
    facts = {"state": state, "settled_at": None if state == State.PLANNED else at}
    facts |= {"error_class": error_class, "error_text": error_text[:300]}
    if subject:
        facts["mail_subject"] = subject[:200]
    if address and address != delivery.to_address and not _is_planned_there(delivery, address):
        facts["to_address"] = address
    Delivery.objects.filter(pk=delivery.pk, fence=delivery.fence).update(**facts)


def _is_planned_there(delivery: Delivery, address: str) -> bool:
    return Delivery.objects.filter(
        kind=delivery.kind, subject_key=delivery.subject_key, version=delivery.version, to_address=address
    ).exists()
