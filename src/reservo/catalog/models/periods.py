"""Columns and constraints shared by periods of the day: local minutes, [start, end)."""

from django.db import models
from django.db.models import F, Q

MINUTES_OF_DAY = 24 * 60


def weekday_field() -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(help_text="0 is Monday")


def minute_field(**options) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(help_text="minute of the local day", **options)


def weekday_constraint(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(weekday__lte=6), name=f"{name}_weekday")


def minutes_constraint(name: str) -> models.CheckConstraint:
    in_order = Q(starts_minute__lt=F("ends_minute"), ends_minute__lte=MINUTES_OF_DAY)
    return models.CheckConstraint(condition=in_order, name=f"{name}_minutes")
