from django.db import models

from reservo.agenda.models.appointments import Appointment
from reservo.catalog.models import Branch, Practitioner, Room, Service
from reservo.tenancy.models import TenantModel


class Hold(TenantModel):
    """A time kept for one form until it expires."""

    token_hash = models.CharField(max_length=64, unique=True)
    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="+")
    room = models.ForeignKey(Room, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    first_tick = models.PositiveBigIntegerField()
    end_tick = models.PositiveBigIntegerField()
    expires_at = models.DateTimeField(db_index=True)
    address_hash = models.CharField(max_length=64, db_index=True, help_text="of the client address, keyed")
    origin = models.CharField(max_length=6, default="web")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"hold {self.pk}"


class Claim(TenantModel):
    """One resource taken for one tick of 5 minutes in one lane; unique in the database."""

    class Resource(models.IntegerChoices):
        PRACTITIONER = 1
        ROOM = 2

    resource = models.PositiveSmallIntegerField(choices=Resource.choices)
    resource_id = models.PositiveBigIntegerField()
    tick = models.PositiveBigIntegerField(help_text="UTC epoch minutes // 5")
    lane = models.PositiveSmallIntegerField(default=0)
    appointment = models.ForeignKey(
        Appointment, null=True, blank=True, on_delete=models.CASCADE, related_name="claims"
    )
    hold = models.ForeignKey(Hold, null=True, blank=True, on_delete=models.CASCADE, related_name="claims")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resource", "resource_id", "tick", "lane"], name="claim_once"),
            models.CheckConstraint(
                condition=models.Q(appointment__isnull=False, hold__isnull=True)
                | models.Q(appointment__isnull=True, hold__isnull=False),
                name="claim_has_one_owner",
            ),
        ]
        indexes = [models.Index(fields=["tick"], name="claim_tick")]

    def __str__(self) -> str:
        return f"{self.resource}:{self.resource_id}@{self.tick}/{self.lane}"
