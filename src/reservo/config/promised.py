"""What one app promises and another keeps: neither imports the other."""

from __future__ import annotations

from reservo.crm.models import AutomaticMail


def confirmation_minutes() -> int | None:
    """Minutes from a booking to its confirmation; None if none is sent."""
    is_on, minutes = AutomaticMail.objects.values_list("confirmation_on", "confirmation_delay_minutes").get()
    return minutes if is_on else None
