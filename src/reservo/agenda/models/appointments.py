import uuid_utils.compat as uuid
from django.db import models
from django.db.models import F, Q

from reservo.catalog.models import Branch, Practitioner, Room, Service
from reservo.patients.models import Patient
from reservo.tenancy.models import TenantModel


class Appointment(TenantModel):
    """A visit: [starts_at, ends_at) in UTC, derived from the wall clock of its branch's zone."""

    class State(models.TextChoices):
        NOT_CONFIRMED = "not_confirmed"
        CONFIRMED = "confirmed"
        ARRIVED = "arrived"
        READY = "ready"
        ATTENDED = "attended"
        NO_SHOW = "no_show"
        SUSPENDED = "suspended"
        WAITLISTED = "waitlisted"
        DELETED = "deleted"

    class Origin(models.TextChoices):
        STAFF = "staff"
        WEB = "web"
        API = "api"
        SOCIAL = "social"

    number = models.PositiveBigIntegerField(unique=True, help_text="consecutive in the centre")
    public_id = models.UUIDField(default=uuid.uuid7, unique=True, editable=False)
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(
        Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="appointments"
    )
    practitioner = models.ForeignKey(
        Practitioner, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    room = models.ForeignKey(Room, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    local_date = models.DateField(help_text="of the start, on the branch's wall clock")
    local_minute = models.PositiveSmallIntegerField(help_text="minute of that day by the wall clock")
    zone = models.CharField(max_length=60)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    first_tick = models.PositiveBigIntegerField(help_text="first tick taken, buffer included")
    end_tick = models.PositiveBigIntegerField(help_text="first tick free again")
    buffer_before_minutes = models.PositiveSmallIntegerField(default=0)
    buffer_after_minutes = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=13, choices=State.choices, default=State.NOT_CONFIRMED)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.STAFF)
    comment = models.TextField(max_length=2_000, blank=True, default="")
    language = models.CharField(max_length=2, default="es")
    contact_email = models.CharField(
        max_length=254, blank=True, default="", help_text="typed online; mail goes here"
    )
    contact_name = models.CharField(max_length=240, blank=True, default="")
    is_overbooked = models.BooleanField(default=False)
    is_outside_rules = models.BooleanField(default=False)
    is_first_visit = models.BooleanField(default=False)
    version = models.PositiveIntegerField(
        default=1, help_text="of the row; an edit of an older one is refused"
    )
    time_version = models.PositiveIntegerField(default=1, help_text="of the time; mail and links name it")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80, blank=True, default="")
    booked_at = models.DateTimeField(help_text="when this time was booked: creation or the last move")

    class Meta:
        indexes = [
            models.Index(fields=["branch", "starts_at"], name="appointment_branch_start"),
            models.Index(
                fields=["practitioner", "first_tick", "end_tick", "state"],
                name="appointment_practitioner_tick",
            ),
            models.Index(fields=["room", "first_tick", "end_tick", "state"], name="appointment_room_tick"),
            models.Index(fields=["patient", "-starts_at"], name="appointment_patient_start"),
            models.Index(fields=["starts_at"], name="appointment_start"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="appointment_period"),
            models.CheckConstraint(condition=Q(local_minute__lt=1440), name="appointment_minute"),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"

    @property
    def duration_minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds()) // 60


class AppointmentService(TenantModel):
    """A service of the visit with the name, length and price it had when booked."""

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="services")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    duration_minutes = models.PositiveSmallIntegerField()
    price_minor = models.PositiveBigIntegerField()
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class AppointmentChange(TenantModel):
    """A line of the trail: who, when, from, to, by which channel. Only ever added."""

    class Actor(models.TextChoices):
        STAFF = "staff"
        PATIENT = "patient"
        SYSTEM = "system"

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    action = models.CharField(
        max_length=20, help_text="created, imported, state, moved, resized, edited, undone"
    )
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=200, blank=True, default="")
    actor = models.CharField(max_length=7, choices=Actor.choices)
    actor_id = models.PositiveBigIntegerField(null=True, blank=True, help_text="staff member or patient")
    actor_name = models.CharField(max_length=80, blank=True, default="")
    channel = models.CharField(max_length=10, help_text="agenda, web, api, link, job, import")
    undoes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by"
    )
    row_version = models.PositiveIntegerField(help_text="of the appointment after this change")
    trace = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.appointment_id} {self.action}"
