from django.db import models
from django.db.models import Q

from reservo.catalog.models.branches import Branch, RoomKind
from reservo.catalog.models.practitioners import Practitioner
from reservo.tenancy.models import TenantModel


class ServiceCategory(TenantModel):
    name = models.CharField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Service(TenantModel):
    category = models.ForeignKey(
        ServiceCategory, null=True, blank=True, on_delete=models.PROTECT, related_name="services"
    )
    code = models.CharField(max_length=20, null=True, blank=True, unique=True)
    name = models.CharField(max_length=120)
    duration_minutes = models.PositiveSmallIntegerField()
    buffer_before_minutes = models.PositiveSmallIntegerField(default=0)
    buffer_after_minutes = models.PositiveSmallIntegerField(default=0)
    price_minor = models.PositiveBigIntegerField(default=0)
    instructions = models.TextField(max_length=2_000, blank=True, default="")
    room_kind = models.ForeignKey(
        RoomKind, null=True, blank=True, on_delete=models.PROTECT, related_name="services"
    )
    is_online = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(duration_minutes__gte=5, duration_minutes__lte=720), name="service_duration"
            ),
            models.CheckConstraint(
                condition=Q(buffer_before_minutes__lte=240, buffer_after_minutes__lte=240),
                name="service_buffers",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ServicePractitioner(TenantModel):
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="by_practitioners")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="gives_services")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "practitioner"], name="service_practitioner")
        ]

    def __str__(self) -> str:
        return f"{self.service_id} by {self.practitioner_id}"


class ServicePrice(TenantModel):
    """Price of a service in one branch, where it differs from the base price."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="branch_prices")
    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="+")
    price_minor = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "branch"], name="service_price_branch")]

    def __str__(self) -> str:
        return f"{self.service_id} in {self.branch_id}"
