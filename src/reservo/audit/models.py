"""Who did what: rows that are only ever added."""

from django.db import models

from reservo.tenancy.models import TenantModel


class Action(TenantModel):
    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=8)
    actor_id = models.PositiveBigIntegerField(null=True)
    actor_name = models.CharField(max_length=80, blank=True, default="")
    channel = models.CharField(max_length=10)
    action = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=40, blank=True, default="")
    object_id = models.CharField(max_length=40, blank=True, default="")
    details = models.JSONField(default=dict)
    trace = models.CharField(max_length=32, blank=True, default="", db_index=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.action
