"""The centre's automatic mail."""

from django.db import models
from django.db.models import Q

from reservo.tenancy.models import TenantModel


class AutomaticMail(TenantModel):
    """Which mails leave by themselves, and when: one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    confirmation_on = models.BooleanField(default=True)
    confirmation_delay_minutes = models.PositiveSmallIntegerField(default=5)
    reminder_on = models.BooleanField(default=True)
    copy_to = models.EmailField(blank=True, default="", help_text="gets a copy of each confirmation")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="automatic_mail_single"),
            models.CheckConstraint(
                condition=Q(confirmation_delay_minutes__lte=1440), name="automatic_mail_delay"
            ),
        ]

    def __str__(self) -> str:
        return "automatic mail"
