"""Backups that are due, taken or failed; centres put back from one; whose backups they are."""

from __future__ import annotations

from uuid import uuid4

from django.db import models


class Installation(models.Model):
    """Who we are to other operators: one row, which a rebuilt platform has too."""

    plane = "control"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    identity = models.UUIDField(default=uuid4)

    def __str__(self) -> str:
        return str(self.identity)


class Backup(models.Model):
    """One copy of a centre (tenant 0: of the control plane), from the moment it is due."""

    plane = "control"

    class State(models.TextChoices):
        DUE = "due"
        RUNNING = "running"
        DONE = "done", "restored, compared, and in every place"
        PARTIAL = "partial", "restored and compared, but not in every place"
        FAILED = "failed"

    class Verdict(models.TextChoices):
        EQUAL = "equal", "restored and compared: equal"
        FOUND = "found", "found in its place when the platform was rebuilt"

    tenant_id = models.PositiveBigIntegerField()
    slug = models.CharField(max_length=60)
    due_on = models.DateField(null=True, help_text="local date of a nightly one; none if asked for")
    state = models.CharField(max_length=7, choices=State.choices, default=State.DUE)
    next_at = models.DateTimeField(help_text="not tried before")
    attempts = models.PositiveSmallIntegerField(default=0)
    holder = models.CharField(max_length=80, blank=True, default="")
    beat_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=120, blank=True, default="", help_text="name in every place")
    places = models.JSONField(default=dict, help_text="place to `ok` or what went wrong")
    taken_at = models.DateTimeField(null=True, help_text="the moment that the data are of")
    ended_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0)
    stored_bytes = models.PositiveBigIntegerField(default=0)
    data_bytes = models.PositiveBigIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0)
    schema = models.CharField(max_length=16, blank=True, default="")
    verdict = models.CharField(max_length=5, choices=Verdict.choices, blank=True, default="")
    error = models.CharField(max_length=300, blank=True, default="")
    removed_at = models.DateTimeField(null=True, help_text="out of the first place, by retention")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "due_on"], name="backup_once_a_night")]
        indexes = [
            models.Index(fields=["state", "next_at"], name="backup_state_next"),
            models.Index(fields=["tenant_id", "-taken_at"], name="backup_tenant_taken"),
        ]

    def __str__(self) -> str:
        return f"{self.slug or 'control'} {self.taken_at or self.due_on} {self.state}"

    @property
    def is_usable(self) -> bool:
        return self.state in (self.State.DONE, self.State.PARTIAL) and self.removed_at is None


class Restore(models.Model):
    """A centre given an earlier state; the one that it had is kept where it was."""

    plane = "control"

    class State(models.TextChoices):
        LOADING = "loading"
        DONE = "done"
        UNDONE = "undone", "the state from before is back"
        ABORTED = "aborted"

    tenant_id = models.PositiveBigIntegerField(db_index=True)
    slug = models.CharField(max_length=60)
    open_for = models.PositiveBigIntegerField(
        null=True, unique=True, help_text="the centre while it is loading: two at once cannot be"
    )
    state = models.CharField(max_length=7, choices=State.choices, default=State.LOADING)
    source = models.CharField(max_length=300, help_text="backup it came from")
    data_of = models.DateTimeField(help_text="the moment that the restored data are of")
    before_store = models.CharField(max_length=40)
    before_namespace = models.CharField(max_length=80)
    after_store = models.CharField(max_length=40)
    after_namespace = models.CharField(max_length=80)
    report = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    forgotten_at = models.DateTimeField(null=True, help_text="when the other state was deleted")

    def __str__(self) -> str:
        return f"{self.slug} of {self.data_of:%Y-%m-%d %H:%M} {self.state}"
