"""The sites that show the booking page, told to the control plane: it answers while the centre's data do not."""

from __future__ import annotations

from datetime import datetime

from reservo import tenancy
from reservo.booking.models import BookingPage
from reservo.tenants import operations as tenants


def tell_sites(sites: list[str]) -> None:
    """Once the transaction under way has ended well."""
    tenant_id = tenancy.current().tenant_id
    tenancy.on_commit(lambda: tenants.set_frame_sites(tenant_id, sites))


def tell_again(_at: datetime) -> None:
    """The centre's data were replaced."""
    tell_sites(BookingPage.objects.get().frame_sites)
