"""Versions of the tables of centres: those there were, and how each centre came from one to the next."""

from __future__ import annotations

from django.db import models


class Schema(models.Model):
    """A version that some release had: what it is made of, so that who is behind by what can be told."""

    plane = "control"

    version = models.CharField(max_length=16, primary_key=True)
    migrations = models.JSONField(help_text="app to names")
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.version


class MigrationRun(models.Model):
    """One `reservo fleet migrate`, from its beginning through any number of kills to its end."""

    plane = "control"

    class State(models.TextChoices):
        CANARIES = "canaries"
        REST = "rest"
        DONE = "done", "every centre was tried; the rows say how each ended"
        STOPPED = "stopped", "a canary failed: the others were left alone"
        REPLACED = "replaced", "another release took over before its end"

    to_schema = models.CharField(max_length=16)
    state = models.CharField(max_length=8, choices=State.choices, default=State.CANARIES)
    processes = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.to_schema} {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.CANARIES, self.State.REST)


class TenantMigration(models.Model):
    """One centre in a run: its ledger. Where DDL ends transactions, `step` says what a kill may have left half done."""

    plane = "control"

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        LATER = "later", "the centre is being moved or restored"

    run = models.ForeignKey(MigrationRun, on_delete=models.CASCADE, related_name="centres")
    tenant_id = models.PositiveBigIntegerField(db_index=True)
    slug = models.CharField(max_length=60)
    is_canary = models.BooleanField(default=False)
    from_schema = models.CharField(max_length=16, blank=True, default="")
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    not_before = models.DateTimeField(help_text="after giving way to others")
    attempts = models.PositiveSmallIntegerField(default=0)
    holder = models.CharField(max_length=80, blank=True, default="")
    step = models.CharField(
        max_length=200, blank=True, default="", help_text="migration:number of its operation"
    )
    applied = models.JSONField(default=list, help_text="migrations that it had in this run")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "tenant_id"], name="migration_once_a_run")]
        indexes = [models.Index(fields=["run", "state", "is_canary"], name="migration_run_state")]

    def __str__(self) -> str:
        return f"{self.slug} {self.state}"
