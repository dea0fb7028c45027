"""What a new centre's booking page starts with."""

from __future__ import annotations

from typing import Any

from reservo.booking.models import BookingPage, FormField

FIELDS = (
    ("given_name", True, True),
    ("paternal_surname", True, True),
    ("maternal_surname", True, False),
    ("email", True, True),
    ("phone", True, True),
    ("national_id", True, False),
    ("birth_date", False, False),
    ("address", False, False),
    ("city", False, False),
    ("insurer", False, False),
    ("comment", True, False),
)
ALWAYS_REQUIRED = ("given_name", "email")


def found_booking_page(tenant: Any, zone: str) -> None:
    BookingPage.objects.create()
    FormField.objects.bulk_create(
        FormField(field=field, is_shown=shown, is_required=required, position=position)
        for position, (field, shown, required) in enumerate(FIELDS)
    )
