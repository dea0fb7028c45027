"""Whose backups they are, and the folders that they have in every place."""

from __future__ import annotations

from reservo import tenancy
from reservo.fleet.models import Installation


def own() -> str:
    """Who we are to other operators: made once, kept by the control plane."""
    with tenancy.control(), tenancy.atomic():
        row, _ = Installation.objects.get_or_create(pk=1)
    return str(row.identity)


def folder_named(installation: str, tenant_id: int) -> str:
    return f"{installation}/{f'centre-{tenant_id}' if tenant_id else 'control'}"
