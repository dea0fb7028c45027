from django.db import models

from reservo.catalog.models.branches import Branch
from reservo.tenancy.models import TenantModel


class Holiday(TenantModel):
    """A day the centre adds to the public holidays of its branches, or takes from them."""

    branch = models.ForeignKey(
        Branch,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="holidays",
        help_text="none: all",
    )
    date = models.DateField()
    name = models.CharField(max_length=80)
    is_closed = models.BooleanField(default=True, help_text="False: a public holiday on which it is open")

    class Meta:
        ordering = ["date"]
        indexes = [models.Index(fields=["date"], name="holiday_date")]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"
