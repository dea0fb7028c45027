"""People who run the installation: accounts apart from those of the centres."""

from __future__ import annotations

from django.db import models

UNANSWERED = ""  # what stands for a password until the invitation is accepted


class Operator(models.Model):
    """One person of the operator's. Without a password the invitation has not been accepted."""

    email = models.CharField(max_length=254, unique=True, help_text="in lower case")
    name = models.CharField(max_length=80)
    password = models.CharField(max_length=128, blank=True, default="")
    sealed_seed = models.CharField(
        max_length=200, blank=True, default="", help_text="of the second factor; none in a demo"
    )
    last_step = models.PositiveBigIntegerField(
        default=0, help_text="of the newest code used: none is used twice"
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    invited_at = models.DateTimeField()
    invited_by_id = models.PositiveBigIntegerField(
        null=True, help_text="operator who made the link; none from the shell"
    )
    entered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.email

    @property
    def is_invited(self) -> bool:
        """Whether the invitation still waits for its answer."""
        return not self.password


class RecoveryCode(models.Model):
    """Stands in once for the second factor."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operator", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"of {self.operator_id}"
