"""Roles that a new centre starts with."""

from __future__ import annotations

from typing import Any

from reservo.staff import rights
from reservo.staff.models import Role, RoleRight


def found_roles(tenant: Any, zone: str) -> None:
    for builtin, extents in rights.ROLE_RIGHTS.items():
        role = Role.objects.create(name=builtin, builtin=builtin)
        RoleRight.objects.bulk_create(
            RoleRight(role=role, right=right, extent=extent) for right, extent in extents.items()
        )
