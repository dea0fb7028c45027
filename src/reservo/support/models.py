"""The operator's wish to look into a centre, and what the centre says to it."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from reservo.tenancy.models import TenantModel


class SupportAccess(TenantModel):
    class State(models.TextChoices):
        ASKED = "asked"
        GRANTED = "granted"
        DENIED = "denied"
        ENDED = "ended", "by the centre or the operator, before its time"

    operator_id = models.PositiveBigIntegerField()
    operator_name = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    minutes = models.PositiveSmallIntegerField()
    wants_patients = models.BooleanField(default=False)
    sees_patients = models.BooleanField(default=False, help_text="only if the centre said so")
    state = models.CharField(max_length=7, choices=State.choices, default=State.ASKED)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True, default="")
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "asked_at"], name="support_state_asked")]

    def __str__(self) -> str:
        return f"{self.operator_name} {self.state}"

    def is_open(self, at: datetime) -> bool:
        return self.state == self.State.GRANTED and self.expires_at is not None and at < self.expires_at
