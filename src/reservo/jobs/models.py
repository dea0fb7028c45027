"""Jobs of a centre (or of the operator), and the control rows that say who has work and who does it."""

from __future__ import annotations

from django.db import models

from reservo.jobs.tasks import BULK, TRANSACTIONAL
from reservo.tenancy.models import TenantModel


class Job(TenantModel):
    """One piece of work, put in the transaction of the change that asked for it."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        DEAD = "dead"

    class Lane(models.IntegerChoices):
        TRANSACTIONAL = TRANSACTIONAL
        BULK = BULK

    task = models.CharField(max_length=80)
    args = models.JSONField(default=dict)
    key = models.CharField(max_length=120, null=True, blank=True, unique=True)
    lane = models.PositiveSmallIntegerField(choices=Lane.choices, default=Lane.TRANSACTIONAL)
    run_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=60, blank=True, default="")
    error = models.CharField(max_length=300, blank=True, default="")
    trace = models.CharField(max_length=32, blank=True, default="")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "lane", "run_at"], name="job_state_lane_run")]

    def __str__(self) -> str:
        return f"{self.task} {self.pk}"


class RecurringRun(TenantModel):
    """That a recurring job fired for a branch (0: the centre) on a local date."""

    plane = "tenant"

    job = models.CharField(max_length=40)
    branch_id = models.PositiveBigIntegerField(default=0)
    local_date = models.DateField()
    fired_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "branch_id", "local_date"], name="recurring_run_once")
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.local_date}"


class Wakeup(models.Model):
    """When a centre (0: the operator) next has work. A hint: the truth is in the centre's jobs."""

    plane = "control"

    tenant_id = models.PositiveBigIntegerField(primary_key=True)
    due_at = models.DateTimeField(db_index=True)
    generation = models.PositiveBigIntegerField(default=1)
    hinted_at = models.DateTimeField()
    taken_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.due_at}"


class NextFiring(models.Model):
    """When the scheduler next has to look at a centre."""

    plane = "control"

    tenant_id = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.at}"


class Lease(models.Model):
    """Who alone does something (the scheduler), and until when."""

    plane = "control"

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.CharField(max_length=80)
    fence = models.PositiveBigIntegerField(default=0)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.holder}"


class Heartbeat(models.Model):
    """That a process of the installation is alive."""

    plane = "control"

    process = models.CharField(max_length=80, primary_key=True)
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.process
