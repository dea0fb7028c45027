"""Centres on their way from one store to another."""

from __future__ import annotations

from django.db import models

from reservo.fleet.epochs import AHEAD


class Move(models.Model):
    """One centre on its way from one store to another."""

    plane = "control"

    class State(models.TextChoices):
        PLANNED = "planned"
        COPYING = "copying"
        FOLLOWING = "following"
        VERIFIED = "verified"
        PAUSED = "paused"
        FLIPPED = "flipped"
        DONE = "done"
        ABORTED = "aborted"

    tenant_id = models.PositiveBigIntegerField(db_index=True)
    slug = models.CharField(max_length=60)
    open_for = models.PositiveBigIntegerField(
        null=True, unique=True, help_text="the centre while the move is open: two at once cannot be"
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.PLANNED)
    source_store = models.CharField(max_length=40)
    source_namespace = models.CharField(max_length=80)
    target_store = models.CharField(max_length=40)
    target_namespace = models.CharField(max_length=80)
    epoch_before = models.PositiveBigIntegerField()
    positions = models.JSONField(default=dict, help_text="table to the last key copied")
    digests = models.JSONField(
        default=dict, help_text="table to count and sum, carried forward since the verification"
    )
    schema = models.CharField(max_length=16, blank=True, default="", help_text="version of both places")
    rows = models.PositiveBigIntegerField(default=0)
    report = models.JSONField(default=dict)
    error = models.CharField(max_length=300, blank=True, default="")
    started_at = models.DateTimeField()
    flipped_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    source_removed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.slug} {self.source_store} → {self.target_store} {self.state}"

    @property
    def epoch_after(self) -> int:
        """Of both places from the pause on, and of the centre from the flip on."""
        return self.epoch_before + AHEAD

    @property
    def is_open(self) -> bool:
        return self.open_for is not None
