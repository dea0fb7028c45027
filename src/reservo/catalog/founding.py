"""What a new centre's catalog starts with: itself, and one branch open on weekdays."""

from __future__ import annotations

from typing import Any

from reservo.catalog.models import Branch, Centre, OpeningPeriod

OPENS, CLOSES = 9 * 60, 19 * 60
WEEKDAYS = range(5)


def found_centre(tenant: Any, zone: str) -> None:
    Centre.objects.create(
        name=tenant.name,
        country=tenant.country,
        currency=tenant.currency,
        language=tenant.language,
        zone=zone,
        is_new=True,
    )
    open_on_weekdays(Branch.objects.create(name=tenant.name, country=tenant.country, zone=zone))


def open_on_weekdays(branch: Branch) -> None:
    """The hours of a branch of which none are known yet."""
    OpeningPeriod.objects.bulk_create(
        OpeningPeriod(branch=branch, weekday=day, starts_minute=OPENS, ends_minute=CLOSES) for day in WEEKDAYS
    )
