"""What the door need not remember: log-ins that are over, failures that no longer count."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from reservo.accounts.lockout import FORGOTTEN_AFTER
from reservo.accounts.models import LogInAttempts, Session
from reservo.jobs.housekeeping import forgets


@forgets
def sessions_over(at: datetime) -> QuerySet:
    return Session.objects.filter(expire_date__lt=at)


@forgets
def failures_forgotten(at: datetime) -> QuerySet:
    return LogInAttempts.objects.filter(last_at__lt=at - FORGOTTEN_AFTER)
