"""What was last seen of a centre, so that no list has to open it."""

from __future__ import annotations

from django.db import models


class Observation(models.Model):
    tenant_id = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField(help_text="when it was last tried")
    seen_at = models.DateTimeField(null=True, help_text="when it last answered: the figures are of then")
    size_bytes = models.PositiveBigIntegerField(null=True)
    used_at = models.DateTimeField(null=True, help_text="when somebody last changed something there")
    dead_jobs = models.PositiveIntegerField(default=0)
    bad_mails = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=80, blank=True, default="", help_text="why it did not answer")

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.at}"
