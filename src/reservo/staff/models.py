"""People of the centre and what they may do."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db import models

from reservo.core.actor import Actor
from reservo.staff import rights
from reservo.tenancy.models import TenantModel


class Role(TenantModel):
    name = models.CharField(max_length=60, unique=True)
    builtin = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return str(rights.ROLE_LABELS.get(self.builtin, self.name))


class RoleRight(TenantModel):
    class Extent(models.TextChoices):
        OWN = rights.OWN
        ALL = rights.ALL

    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="rights")
    right = models.CharField(max_length=40)
    extent = models.CharField(max_length=3, choices=Extent.choices, default=Extent.ALL)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["role", "right"], name="role_right_once")]

    def __str__(self) -> str:
        return f"{self.right} {self.extent}"


class StaffMember(TenantModel):
    user_id = models.PositiveBigIntegerField(
        null=True, unique=True, help_text="none until the invitation is accepted"
    )
    name = models.CharField(max_length=80)
    email = models.CharField(max_length=254, unique=True)
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="members")
    is_active = models.BooleanField(default=True)
    all_branches = models.BooleanField(default=True)
    practitioner_id = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    visit: Any = None  # the consent under which a visitor is here

    @cached_property
    def extents(self) -> dict[str, str]:
        """Right to `own` or `all`."""
        return {row.right: row.extent for row in self.role.rights.all()}

    @cached_property
    def own_branch_ids(self) -> frozenset[int]:
        return frozenset(self.branches.values_list("branch_id", flat=True))

    @property
    def is_visitor(self) -> bool:
        """Somebody of the operator's who looks in with the centre's consent: in no row."""
        return self.visit is not None

    def may(self, right: str, *, branch_id: int | None = None, practitioner_id: int | None = None) -> bool:
        """Whether this person has the right; in that branch and for that practitioner's time, where given."""
        extent = self.extents.get(right)
        if extent is None or not self.sees_branch(branch_id):
            return False
        return extent == rights.ALL or practitioner_id is None or practitioner_id == self.practitioner_id

    def only_own(self, right: str) -> bool:
        return self.extents.get(right) == rights.OWN

    def sees_branch(self, branch_id: int | None) -> bool:
        return self.all_branches or branch_id is None or branch_id in self.own_branch_ids

    def branch_ids(self) -> frozenset[int] | None:
        """Branches this person is kept to; None: all."""
        return None if self.all_branches else self.own_branch_ids

    def actor(self) -> Actor:
        return Actor("staff", self.pk, self.name, "agenda")


class StaffBranch(TenantModel):
    member = models.ForeignKey(StaffMember, on_delete=models.CASCADE, related_name="branches")
    branch_id = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "branch_id"], name="staff_branch_once")]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.branch_id}"
