"""What is remembered of centres that came out of another program's database."""

from django.db import models
from django.db.models import Q

from reservo.tenancy.models import TenantModel


class Import(models.Model):
    """One centre on its way from a foreign database to a store; kept when it is over."""

    plane = "control"

    class State(models.TextChoices):
        PLANNED = "planned"
        PLACED = "placed"
        COPYING = "copying"
        COPIED = "copied"
        VERIFIED = "verified"
        REFUSED = "refused"
        DONE = "done"
        ABORTED = "aborted"

    slug = models.CharField(max_length=60, db_index=True)
    open_for = models.CharField(
        max_length=60, null=True, unique=True, help_text="the slug while the import is open"
    )
    customer = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PLANNED)
    mapping_hash = models.CharField(max_length=64, help_text="of the mapping file; another one cannot go on")
    placement_id = models.PositiveBigIntegerField(null=True)
    store = models.CharField(max_length=40, blank=True, default="")
    rows = models.PositiveBigIntegerField(default=0)
    report = models.JSONField(default=dict)
    error = models.CharField(max_length=300, blank=True, default="")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(open_for__isnull=False) | Q(state__in=("done", "aborted")),
                name="foreign_import_ends",
            )
        ]

    def __str__(self) -> str:
        return f"{self.slug} from customer {self.customer}: {self.state}"


class Reference(TenantModel):
    """Which row of ours a foreign row became."""

    kind = models.CharField(max_length=20)
    foreign_id = models.CharField(max_length=64)
    object_id = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "foreign_id"], name="foreign_reference_once")]
        indexes = [models.Index(fields=["kind", "object_id"], name="foreign_reference_object")]

    def __str__(self) -> str:
        return f"{self.kind} {self.foreign_id} is {self.object_id}"


class Finding(TenantModel):
    """A foreign row that was not brought, or not as it was, and why."""

    class Outcome(models.TextChoices):
        REJECTED = "rejected"
        ALTERED = "altered"
        LEFT_OUT = "left_out"

    kind = models.CharField(max_length=20)
    foreign_id = models.CharField(max_length=64, blank=True, default="")
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    field = models.CharField(max_length=30, blank=True, default="")
    reason = models.CharField(max_length=30)
    detail = models.CharField(max_length=200, blank=True, default="")
    amount = models.BigIntegerField(
        default=0, help_text="what the foreign sum has more than ours by it, in ten-thousandths"
    )

    class Meta:
        indexes = [models.Index(fields=["kind", "outcome"], name="foreign_finding_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.foreign_id}: {self.outcome}, {self.reason}"


class Checkpoint(TenantModel):
    """How far the rows of one kind have come; written in the transaction that writes them."""

    kind = models.CharField(max_length=20, primary_key=True)
    after = models.JSONField(null=True, help_text="the last foreign key that was read")
    is_over = models.BooleanField(default=False)
    read = models.PositiveBigIntegerField(default=0)
    brought = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0)
    left_out = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.kind} after {self.after}"
