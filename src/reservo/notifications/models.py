"""The mail log, the centre's mail texts, notices for the bell, addresses that are no longer written to."""

from django.db import models

from reservo.tenancy.models import TenantModel


class Delivery(TenantModel):
    """One mail that is due: its key is unique, so what is planned twice is sent once."""

    plane = "both"

    class State(models.TextChoices):
        PLANNED = "planned"
        CLAIMED = "claimed"
        ACCEPTED = "accepted"
        REJECTED = "rejected"
        UNKNOWN = "unknown"
        DEAD = "dead"
        WITHDRAWN = "withdrawn"
        DELIVERED = "delivered"
        BOUNCED = "bounced"
        COMPLAINED = "complained"

    kind = models.CharField(max_length=30)
    subject_key = models.CharField(max_length=80, help_text="what it is about, e.g. appointment:12")
    version = models.CharField(max_length=40, help_text="of the subject: a new one is another mail")
    to_address = models.CharField(max_length=254)
    to_name = models.CharField(max_length=240, blank=True, default="")
    language = models.CharField(max_length=2, default="es")
    context = models.JSONField(
        default=dict, help_text="plain ids; the mail is made from the rows when it is sent"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    due_at = models.DateTimeField()
    message_id = models.CharField(max_length=120, unique=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    unknown_ends = models.PositiveSmallIntegerField(
        default=0, help_text="hand-overs of which nobody knows the end"
    )
    fence = models.PositiveIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    error_class = models.CharField(max_length=30, blank=True, default="")
    error_text = models.CharField(max_length=300, blank=True, default="")
    mail_subject = models.CharField(max_length=200, blank=True, default="", help_text="as it was sent")
    appointment_id = models.PositiveBigIntegerField(null=True, blank=True, db_index=True)
    patient_id = models.PositiveBigIntegerField(null=True, blank=True, db_index=True)
    branch_id = models.PositiveBigIntegerField(null=True, blank=True)
    trace = models.CharField(max_length=55, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_key", "version", "to_address"], name="delivery_once"
            )
        ]
        indexes = [
            models.Index(fields=["state", "due_at"], name="delivery_state_due"),
            models.Index(fields=["-created_at"], name="delivery_created"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_key}"

    @property
    def is_resendable(self) -> bool:
        return self.state in RESENDABLE


RESENDABLE = frozenset(
    {Delivery.State.REJECTED, Delivery.State.UNKNOWN, Delivery.State.DEAD, Delivery.State.BOUNCED}
)


class MailText(TenantModel):
    """The centre's own words for one kind of mail in one language; without a row the shipped ones hold."""

    plane = "tenant"

    kind = models.CharField(max_length=30)
    language = models.CharField(max_length=2)
    subject = models.CharField(max_length=150)
    body = models.TextField(max_length=5_000)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "language"], name="mail_text_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.language}"


class Notice(TenantModel):
    """A line of the bell."""

    plane = "tenant"

    kind = models.CharField(max_length=30)
    at = models.DateTimeField()
    branch_id = models.PositiveBigIntegerField(null=True, blank=True)
    practitioner_id = models.PositiveBigIntegerField(null=True, blank=True)
    appointment_id = models.PositiveBigIntegerField(null=True, blank=True)
    by_staff_id = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="who did it: it does not ring for them"
    )
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class NoticeMark(TenantModel):
    """Up to which notice a member of staff has seen the bell."""

    plane = "tenant"

    staff_id = models.PositiveBigIntegerField(unique=True)
    seen_id = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.staff_id} to {self.seen_id}"


class StoppedAddress(TenantModel):
    """An address that bounced or complained."""

    plane = "tenant"

    address = models.CharField(max_length=254, unique=True)
    reason = models.CharField(max_length=12)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.reason


class SendRate(models.Model):
    """When the next mail of the installation may leave: one row."""

    plane = "control"

    next_at = models.DateTimeField()
    urgent_until = models.DateTimeField(help_text="until then bulk mail waits: other mail was waiting")

    def __str__(self) -> str:
        return str(self.next_at)
