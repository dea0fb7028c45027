from django.db import models
from django.db.models import Q

from reservo.tenancy.models import TenantModel


class Centre(TenantModel):
    """The centre itself: one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    name = models.CharField(max_length=80)
    country = models.CharField(max_length=2, help_text="ISO 3166-1")
    currency = models.CharField(max_length=3, help_text="ISO 4217")
    language = models.CharField(max_length=2, default="es")
    zone = models.CharField(max_length=60, help_text="IANA zone of the centre; each branch has its own")
    logo = models.CharField(max_length=80, blank=True, default="", help_text="name in the file store")
    colour = models.CharField(max_length=7, default="#0f766e")
    patient_word = models.CharField(max_length=20, default="paciente")
    step_minutes = models.PositiveSmallIntegerField(default=15)
    reply_to = models.EmailField(blank=True, default="")
    is_new = models.BooleanField(default=False, help_text="still led through its first set-up")
    setup_skipped = models.JSONField(default=list, help_text="steps of the first set-up that were skipped")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="centre_single"),
            models.CheckConstraint(
                condition=Q(step_minutes__gte=5, step_minutes__lte=60), name="centre_step"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PrivacyText(TenantModel):
    """A published privacy text; never changed, a new version is a new row."""

    version = models.PositiveIntegerField()
    language = models.CharField(max_length=2)
    text = models.TextField(max_length=40_000)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "language"], name="privacy_text_version")]

    def __str__(self) -> str:
        return f"v{self.version} {self.language}"
