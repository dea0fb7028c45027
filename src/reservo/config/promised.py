"""What one app promises and another keeps: neither imports the other."""

from __future__ import annotations

from datetime import timedelta

from reservo.booking.models import BookingPage
from reservo.crm.deadlines import Deadlines
from reservo.crm.models import AutomaticMail


def confirmation_minutes() -> int | None:
    """Minutes from a booking to its confirmation; None if none is sent."""
    is_on, minutes = AutomaticMail.objects.values_list("confirmation_on", "confirmation_delay_minutes").get()
    return minutes if is_on else None


def deadlines() -> Deadlines:
    """Until when the booking page lets a patient move and cancel."""
    move, cancel = BookingPage.objects.values_list("move_cutoff_minutes", "cancel_cutoff_minutes").get()
    return Deadlines(move=timedelta(minutes=move), cancel=timedelta(minutes=cancel))
