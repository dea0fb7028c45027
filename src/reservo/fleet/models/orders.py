"""What somebody ordered to be done with a centre, a store or a backup, and how that goes."""

from __future__ import annotations

from django.db import models


class Order(models.Model):
    """Carried out by a porter, not before its time. One that destroys waits for a second person or a day."""

    plane = "control"

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    kind = models.CharField(max_length=24)
    name = models.CharField(max_length=80, help_text="of the centre or store, or what a backup is called")
    open_for = models.CharField(
        max_length=100,
        null=True,
        unique=True,
        help_text="while it is open: two at once for one thing cannot be",
    )
    facts = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=200, blank=True, default="")
    asked_by = models.CharField(max_length=80)
    asked_by_id = models.PositiveBigIntegerField(null=True, help_text="operator; none from the shell")
    asked_at = models.DateTimeField()
    not_before = models.DateTimeField()
    needs_second = models.BooleanField(
        default=False, help_text="comes early only if a second operator agrees"
    )
    approved_by = models.CharField(max_length=80, blank=True, default="")
    stop_asked = models.BooleanField(default=False, help_text="whoever carries it out is to give up")
    holder = models.CharField(max_length=80, blank=True, default="")
    beat_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    said = models.CharField(max_length=300, blank=True, default="", help_text="how it ended, for a terminal")
    error = models.CharField(max_length=300, blank=True, default="")
    ending = models.JSONField(default=dict, help_text="the same as a key and what belongs to it")

    class Meta:
        indexes = [models.Index(fields=["state", "not_before"], name="order_state_not_before")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)
