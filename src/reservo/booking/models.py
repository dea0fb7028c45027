"""How the centre is booked online: rules, form, sites that may frame it; what was accepted; repeated requests."""

from django.db import models
from django.db.models import Q

from reservo.agenda.models import Appointment
from reservo.tenancy.models import TenantModel


class BookingPage(TenantModel):
    """Rules and texts of the public page: one row (further pages come later)."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    is_open = models.BooleanField(default=True)
    welcome = models.CharField(max_length=300, blank=True, default="")
    least_notice_minutes = models.PositiveIntegerField(default=60)
    horizon_days = models.PositiveSmallIntegerField(default=60)
    cancel_cutoff_minutes = models.PositiveIntegerField(default=24 * 60)
    move_cutoff_minutes = models.PositiveIntegerField(default=24 * 60)
    most_future_appointments = models.PositiveSmallIntegerField(
        default=3, help_text="per patient; 0: no limit"
    )
    accepts_new_patients = models.BooleanField(default=True)
    hold_minutes = models.PositiveSmallIntegerField(default=10)
    frame_sites = models.JSONField(default=list, help_text="origins that may show the page in a frame")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="booking_page_single"),
            models.CheckConstraint(
                condition=Q(hold_minutes__gte=5, hold_minutes__lte=60), name="booking_hold"
            ),
            models.CheckConstraint(
                condition=Q(horizon_days__gte=1, horizon_days__lte=730), name="booking_horizon"
            ),
        ]

    def __str__(self) -> str:
        return "booking page"


class FormField(TenantModel):
    """A field of the patient's form: shown or not, required or not."""

    field = models.CharField(max_length=30, unique=True)
    is_shown = models.BooleanField(default=True)
    is_required = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_shown=True) | Q(is_required=False), name="form_field_hidden"
            )
        ]

    def __str__(self) -> str:
        return self.field


class PrivacyAcceptance(TenantModel):
    """Which privacy text was accepted with which visit, when and in which language."""

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    language = models.CharField(max_length=2)
    accepted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.appointment_id} v{self.version}"


class IdempotencyKey(TenantModel):
    """The first answer to a request that may be repeated; kept for 24 hours."""

    operation = models.CharField(max_length=40)
    key = models.CharField(max_length=128)
    body_hash = models.CharField(max_length=64)
    response = models.TextField(help_text="JSON, byte for byte as it was answered")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return f"{self.operation} {self.key}"
