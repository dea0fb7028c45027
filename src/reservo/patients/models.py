"""Patients, and what they typed online that differs from their file."""

from django.db import models
from django.db.models import Q

from reservo.tenancy.models import TenantModel


class Patient(TenantModel):
    class Sex(models.TextChoices):
        """ISO/IEC 5218 in words."""

        UNKNOWN = "unknown"
        MALE = "male"
        FEMALE = "female"
        OTHER = "other"

    class State(models.TextChoices):
        ACTIVE = "active"
        INACTIVE = "inactive"

    number = models.PositiveBigIntegerField(unique=True)
    national_id = models.CharField(
        max_length=30, blank=True, default="", help_text="as its country writes it"
    )
    national_id_folded = models.CharField(max_length=30, blank=True, default="", db_index=True)
    country = models.CharField(max_length=2, help_text="of the national id")
    is_foreigner = models.BooleanField(default=False)
    given_name = models.CharField(max_length=80)
    paternal_surname = models.CharField(max_length=80, blank=True, default="")
    maternal_surname = models.CharField(max_length=80, blank=True, default="")
    phone = models.CharField(max_length=20, blank=True, default="", db_index=True, help_text="E.164")
    other_phone = models.CharField(max_length=20, blank=True, default="", db_index=True, help_text="E.164")
    email = models.CharField(max_length=254, blank=True, default="")
    email_folded = models.CharField(max_length=254, blank=True, default="", db_index=True)
    language = models.CharField(max_length=2, default="es")
    sex = models.CharField(max_length=8, choices=Sex.choices, default=Sex.UNKNOWN)
    birth_date = models.DateField(null=True, blank=True)
    address = models.CharField(max_length=200, blank=True, default="")
    city = models.CharField(max_length=80, blank=True, default="")
    insurer = models.CharField(max_length=80, blank=True, default="")
    category = models.CharField(max_length=60, blank=True, default="")
    rating = models.PositiveSmallIntegerField(default=0, help_text="stars, 0 to 5")
    usual_practitioner_id = models.PositiveBigIntegerField(null=True, blank=True)
    reference = models.CharField(max_length=120, blank=True, default="", help_text="how they came")
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    comments = models.TextField(max_length=4_000, blank=True, default="")
    search_text = models.CharField(
        max_length=400, blank=True, default="", help_text="folded names, id and phones"
    )
    sort_name = models.CharField(
        max_length=250, blank=True, default="", help_text="folded surnames and name, as lists are ordered"
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80, blank=True, default="")
    origin = models.CharField(max_length=10, default="staff")

    class Meta:
        ordering = ["sort_name", "id"]
        indexes = [models.Index(fields=["sort_name", "id"], name="patient_names")]
        constraints = [models.CheckConstraint(condition=Q(rating__lte=5), name="patient_rating")]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return " ".join(
            part for part in (self.given_name, self.paternal_surname, self.maternal_surname) if part
        )


class PatientDifference(TenantModel):
    """A value given online that is not the one on file; staff take it or leave it."""

    class State(models.TextChoices):
        PENDING = "pending"
        ACCEPTED = "accepted"
        REJECTED = "rejected"

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="differences")
    field = models.CharField(max_length=30)
    on_file = models.CharField(max_length=254, blank=True, default="")
    given = models.CharField(max_length=254)
    appointment_id = models.PositiveBigIntegerField(null=True, blank=True)
    at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    decided_by = models.CharField(max_length=80, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["state", "at"], name="patient_difference_state")]

    def __str__(self) -> str:
        return f"{self.patient_id}.{self.field}"
