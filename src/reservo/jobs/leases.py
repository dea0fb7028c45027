"""A lease: one holder at a time, by the control database; clocks may differ by a few seconds."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F

from reservo import tenancy
from reservo.jobs.models import Lease

SKEW = timedelta(seconds=5)


def take(name: str, holder: str, *, length: timedelta, at: datetime) -> bool:
    """Take or renew it; False while somebody else holds it."""
    with tenancy.control(), tenancy.atomic():
        if Lease.objects.filter(pk=name, holder=holder).update(expires_at=at + length):
            return True
        if Lease.objects.filter(pk=name, expires_at__lt=at - SKEW).update(
            holder=holder, fence=F("fence") + 1, expires_at=at + length
        ):
            return True
        if not Lease.objects.filter(pk=name).exists():
            Lease.objects.create(name=name, holder=holder, fence=1, expires_at=at + length)
            return True
        return False


def is_running(name: str, *, at: datetime) -> bool:
    """Whether somebody holds it at this moment, as far as clocks tell."""
    return Lease.objects.filter(pk=name, expires_at__gte=at - SKEW).exists()


def give_back(name: str, holder: str, *, at: datetime) -> None:
    Lease.objects.filter(pk=name, holder=holder).update(expires_at=at - 2 * SKEW)
