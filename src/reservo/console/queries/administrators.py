"""Whether a new centre's first administrator has been written to and has answered; from the control plane alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reservo import tenancy
from reservo.accounts.models import Invitation, Membership
from reservo.notifications.models import Delivery


@dataclass(frozen=True, slots=True)
class Sent:
    """An invitation as it is; `state` is that of its mail."""

    email: str
    state: str
    accepted_at: datetime | None
    expires_at: datetime

    @property
    def is_settled(self) -> bool:
        return self.state not in (Delivery.State.PLANNED, Delivery.State.CLAIMED, "")

    @property
    def has_failed(self) -> bool:
        return self.state in (
            Delivery.State.REJECTED,
            Delivery.State.DEAD,
            Delivery.State.UNKNOWN,
            Delivery.State.BOUNCED,
        )


def invitation_of(tenant_id: int) -> Sent | None:
    """The centre's first one that is left, by whichever way it went."""
    first = Invitation.objects.filter(tenant_id=tenant_id).order_by("pk").first()
    if first is None:
        return None
    with tenancy.control():
        mails = Delivery.objects.filter(kind="invitation", subject_key=f"invitation:{first.pk}")
        state = mails.values_list("state", flat=True).first()
    return Sent(first.email, state or "", first.accepted_at, first.expires_at)


def members_of(tenant_id: int) -> int:
    return Membership.objects.filter(tenant_id=tenant_id).count()
