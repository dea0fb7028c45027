"""Planning mail: a row in the change's own transaction, whose key makes a second plan the same mail."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import uuid_utils as uuid
from django.conf import settings

from reservo import jobs, tenancy
from reservo.core import mailaddress, trace
from reservo.core.mailaddress import InvalidAddress
from reservo.jobs import turns
from reservo.notifications.models import RESENDABLE, Delivery, StoppedAddress

State = Delivery.State
WITHDRAWABLE = (State.PLANNED, State.UNKNOWN, State.DEAD)
INVALID, STOPPED = "address", "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A mail that is due: (kind, subject_key, version, to_address) is its identity."""

    kind: str
    subject_key: str
    version: str
    to_address: str
    to_name: str = ""
    language: str = "es"
    due_at: datetime
    context: dict[str, Any] = field(default_factory=dict)
    appointment_id: int | None = None
    patient_id: int | None = None
    branch_id: int | None = None


def plan(what: Plan, *, at: datetime) -> Delivery | None:
    """Write the mail down and put the job that sends it; None if it was planned before.

    One whose address cannot be written to stands in the log as rejected, and no job is put.
    """
    from reservo.notifications.sending import send_delivery

    refusal = refusal_of(what.to_address)
    with tenancy.atomic():
        same = Delivery.objects.filter(
            kind=what.kind, subject_key=what.subject_key, version=what.version, to_address=what.to_address
        )
        if same.exists():
            return None
        delivery = _written(what, refusal, at)
        if not refusal:
            jobs.put(send_delivery, {"delivery_id": delivery.pk}, at=at, run_at=what.due_at)
    return delivery


def _written(what: Plan, refusal: str, at: datetime) -> Delivery:
    return Delivery.objects.create(
        kind=what.kind,
        subject_key=what.subject_key,
        version=what.version,
        to_address=what.to_address[:254],
        to_name=what.to_name[:240],
        language=what.language,
        state=State.REJECTED if refusal else State.PLANNED,
        error_class=refusal,
        settled_at=at if refusal else None,
        due_at=what.due_at,
        context=what.context,
        appointment_id=what.appointment_id,
        patient_id=what.patient_id,
        branch_id=what.branch_id,
        message_id=_message_id(),
        trace=trace.traceparent(),
        created_at=at,
    )


def refusal_of(address: str) -> str:
    """Why nothing is sent to this address (`address`, `stopped`), or nothing."""
    try:
        mailaddress.check(address)
    except InvalidAddress:
        return INVALID
    return STOPPED if is_stopped(address) else ""


def is_stopped(address: str) -> bool:
    """Whether this centre no longer writes there: it bounced or complained."""
    if not tenancy.is_active() or not turns.read_once("any stopped address", StoppedAddress.objects.exists):
        return False
    return StoppedAddress.objects.filter(address=address.casefold()).exists()


def _message_id() -> str:
    domain = settings.RESERVO_MAIL_FROM.rpartition("@")[2] or "localhost"
    return f"<{uuid.uuid7()}@{domain}>"


def withdraw(subject_key: str, kinds: tuple[str, ...], *, at: datetime) -> int:
    """What is planned of these kinds is not due any more; how many."""
    planned = Delivery.objects.filter(subject_key=subject_key, kind__in=kinds, state__in=WITHDRAWABLE)
    return planned.update(state=State.WITHDRAWN, settled_at=at)


def is_waiting(subject_key: str, kind: str) -> bool:
    """Whether a mail of this kind is planned and not yet on its way."""
    return Delivery.objects.filter(subject_key=subject_key, kind=kind, state=State.PLANNED).exists()


def send_again(delivery_id: int, *, at: datetime) -> bool:
    """A rejected, unknown, dead or bounced mail once more, under its own Message-ID, by a person's wish."""
    from reservo.notifications.sending import send_delivery

    with tenancy.atomic():
        ended = Delivery.objects.filter(pk=delivery_id, state__in=RESENDABLE)
        again = ended.update(
            state=State.PLANNED,
            attempts=0,
            unknown_ends=0,
            error_class="",
            error_text="",
            settled_at=None,
            due_at=at,
        )
        if again:
            jobs.put(send_delivery, {"delivery_id": delivery_id}, at=at)
    return bool(again)
