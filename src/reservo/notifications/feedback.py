"""What a provider reports later about a mail that it had accepted."""

from __future__ import annotations

from datetime import datetime

from reservo import tenancy
from reservo.notifications.models import Delivery, StoppedAddress

REPORTABLE = (Delivery.State.DELIVERED, Delivery.State.BOUNCED, Delivery.State.COMPLAINED)
STOPS = (Delivery.State.BOUNCED, Delivery.State.COMPLAINED)


def record(message_id: str, state: str, *, at: datetime) -> bool:
    """Note it on the mail of this Message-ID; a bounce or complaint stops the address. Whether it is ours."""
    if state not in REPORTABLE:
        raise ValueError(state)
    with tenancy.atomic():
        delivery = Delivery.objects.filter(message_id=message_id).first()
        if delivery is None:
            return False
        Delivery.objects.filter(pk=delivery.pk).update(state=state, settled_at=at)
        if state in STOPS and tenancy.is_active():
            StoppedAddress.objects.get_or_create(
                address=delivery.to_address.casefold(), defaults={"reason": state, "at": at}
            )
    return True
