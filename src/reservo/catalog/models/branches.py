from django.db import models

from reservo.catalog.models.periods import minute_field, minutes_constraint, weekday_constraint, weekday_field
from reservo.tenancy.models import TenantModel


class Branch(TenantModel):
    """A place where visits happen; its zone is the zone of everything in it."""

    name = models.CharField(max_length=80)
    address = models.CharField(max_length=200, blank=True, default="")
    city = models.CharField(max_length=80, blank=True, default="")
    region = models.CharField(
        max_length=10, blank=True, default="", help_text="ISO 3166-2 subdivision, for holidays"
    )
    country = models.CharField(max_length=2)
    zone = models.CharField(max_length=60)
    phone = models.CharField(max_length=20, blank=True, default="")
    email = models.EmailField(blank=True, default="", help_text="Reply-To of its mail")
    keeps_holidays = models.BooleanField(default=True, help_text="closed on public holidays")
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["name"], name="branch_name")]

    def __str__(self) -> str:
        return self.name


class RoomKind(TenantModel):
    name = models.CharField(max_length=60, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Room(TenantModel):
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="rooms")
    name = models.CharField(max_length=60)
    kind = models.ForeignKey(RoomKind, null=True, blank=True, on_delete=models.PROTECT, related_name="rooms")
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["branch", "name"], name="room_name")]

    def __str__(self) -> str:
        return self.name


class OpeningPeriod(TenantModel):
    """Weekly hours of a branch, or of one room of it where those are narrower."""

    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="opening_periods")
    room = models.ForeignKey(
        Room, null=True, blank=True, on_delete=models.CASCADE, related_name="opening_periods"
    )
    weekday = weekday_field()
    starts_minute = minute_field()
    ends_minute = minute_field()

    class Meta:
        ordering = ["weekday", "starts_minute"]
        constraints = [weekday_constraint("opening"), minutes_constraint("opening")]

    def __str__(self) -> str:
        return f"{self.weekday} {self.starts_minute}-{self.ends_minute}"
