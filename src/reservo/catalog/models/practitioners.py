from django.db import models
from django.db.models import Q

from reservo.catalog.models.branches import Branch, Room
from reservo.catalog.models.periods import minute_field, minutes_constraint, weekday_constraint, weekday_field
from reservo.tenancy.models import TenantModel


class Practitioner(TenantModel):
    name = models.CharField(max_length=80)
    speciality = models.CharField(max_length=80, blank=True, default="")
    colour = models.CharField(max_length=7, default="#0f766e")
    photo = models.CharField(max_length=80, blank=True, default="", help_text="name in the file store")
    email = models.EmailField(blank=True, default="")
    most_overbooked = models.PositiveSmallIntegerField(
        default=1, help_text="visits above the first at one time"
    )
    is_online = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class PractitionerBranch(TenantModel):
    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="in_branches")
    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="practitioners")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["practitioner", "branch"], name="practitioner_branch")]

    def __str__(self) -> str:
        return f"{self.practitioner_id} in {self.branch_id}"


class WorkingPeriod(TenantModel):
    """Weekly working hours in a branch, perhaps in a room; a break is the gap between two periods."""

    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="working_periods")
    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="working_periods")
    room = models.ForeignKey(Room, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    weekday = weekday_field()
    starts_minute = minute_field()
    ends_minute = minute_field()

    class Meta:
        ordering = ["weekday", "starts_minute"]
        constraints = [weekday_constraint("working"), minutes_constraint("working")]

    def __str__(self) -> str:
        return f"{self.practitioner_id}: {self.weekday} {self.starts_minute}-{self.ends_minute}"


class WorkingException(TenantModel):
    """One date that differs from the week: off (all day or part of it), or extra hours in a branch."""

    class Kind(models.TextChoices):
        OFF = "off"
        EXTRA = "extra"

    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.CASCADE, related_name="working_exceptions"
    )
    branch = models.ForeignKey(Branch, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    room = models.ForeignKey(Room, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    date = models.DateField()
    kind = models.CharField(max_length=5, choices=Kind.choices)
    starts_minute = minute_field(default=0)
    ends_minute = minute_field(default=1440)
    reason = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        ordering = ["date", "starts_minute"]
        indexes = [models.Index(fields=["date"], name="working_exception_date")]
        constraints = [
            minutes_constraint("working_exception"),
            models.CheckConstraint(
                condition=~Q(kind="extra") | Q(branch__isnull=False),
                name="working_exception_extra_has_branch",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.practitioner_id}: {self.date} {self.kind}"
