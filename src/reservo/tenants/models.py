"""What the operator knows of a centre."""

from django.db import models


class Tenant(models.Model):
    """Its key is that of its placement."""

    id = models.PositiveBigIntegerField(primary_key=True)
    name = models.CharField(max_length=80)
    country = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    language = models.CharField(max_length=2, default="es")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class StateChange(models.Model):
    """Why a centre was put into a state, and when."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="state_changes")
    state = models.CharField(max_length=12)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.state}"
