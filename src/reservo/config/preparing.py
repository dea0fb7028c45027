"""Bringing an installation up to the code: control schema, tenant template, static files."""

from __future__ import annotations

import sys
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from reservo.core.clock import now
from reservo.fleet.schemas import known, queries
from reservo.tenancy import namespaces


def prepare() -> None:
    """Idempotent. Migrates only when the recorded fingerprint differs from the code's."""
    stamp = Path(settings.RESERVO_DATA_DIR) / "templates" / f"control-{namespaces.schema_fingerprint()}"
    if not stamp.exists():
        print("Preparing the control database…", file=sys.stderr, flush=True)
        call_command("migrate", verbosity=0, interactive=False)
        namespaces.template()
        known.note(at=now())
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
    if late := queries.count_behind():
        print(f"{late} centres have an older schema: `reservo fleet migrate`", file=sys.stderr, flush=True)
    if not (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        settings.STORAGES["staticfiles"]["BACKEND"] = (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
