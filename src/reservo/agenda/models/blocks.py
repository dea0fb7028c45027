import uuid_utils.compat as uuid
from django.db import models
from django.db.models import F, Q

from reservo.catalog.models import Branch, Practitioner, Room
from reservo.tenancy.models import TenantModel


class Block(TenantModel):
    """Time that is not offered: of one practitioner, one room, a branch, or (none of them) the centre."""

    practitioner = models.ForeignKey(
        Practitioner, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    room = models.ForeignKey(Room, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    branch = models.ForeignKey(Branch, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    title = models.CharField(max_length=120)
    local_date = models.DateField()
    local_minute = models.PositiveSmallIntegerField()
    zone = models.CharField(max_length=60)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    first_tick = models.PositiveBigIntegerField()
    end_tick = models.PositiveBigIntegerField(db_index=True)
    series = models.UUIDField(
        null=True, blank=True, db_index=True, help_text="common to the blocks of one repetition"
    )
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80, blank=True, default="")
    removed_at = models.DateTimeField(null=True, blank=True, help_text="kept so that it can be put back")
    removed_by_id = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["starts_at"], name="block_start"),
        ]
        constraints = [models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="block_period")]

    def __str__(self) -> str:
        return self.title


def new_series() -> uuid.UUID:
    return uuid.uuid7()
