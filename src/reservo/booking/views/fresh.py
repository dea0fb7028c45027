"""A mark in the address of the page that ends a booking: for a while it shows what only who booked may see."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core import signing
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from reservo import tenancy
from reservo.agenda.models import Appointment

LIFE = timedelta(minutes=30)
NAME = "lista"


def mark_of(appointment: Appointment) -> str:
    """The same however often the booking is answered."""
    return signing.Signer(salt=f"reservo.booked.{tenancy.current().tenant_id}").signature(
        appointment.public_id.hex
    )


def given(request: HttpRequest, appointment: Appointment, *, at: datetime) -> str:
    """The mark of the address, if it is this visit's and the booking is not long ago."""
    mark = request.GET.get(NAME, "")[:200]
    is_ours = constant_time_compare(mark, mark_of(appointment))
    return mark if is_ours and at - appointment.created_at <= LIFE else ""
