"""Bringing an installation up to the code: control schema, tenant template, static files."""

from __future__ import annotations

import sys
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from reservo.core.clock import now
from reservo.fleet import controlplane
from reservo.fleet.schemas import known, queries
from reservo.tenancy import namespaces
from reservo.tenancy.backends.control import places


class MovedAway(SystemExit):
    """The control plane was copied to a server, and nobody says to which; the message says how to mend it."""


def prepare() -> None:
    """Idempotent. Migrates only when the recorded fingerprint differs from the code's. Raises MovedAway."""
    refuse_moved_away()
    name = f"control-{namespaces.schema_fingerprint()}{places.mark(settings.DATABASES['default'])}"
    stamp = Path(settings.RESERVO_DATA_DIR) / "templates" / name
    if not stamp.exists():
        print("Preparing the control database…", file=sys.stderr, flush=True)
        controlplane.bring_up()
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


def refuse_moved_away() -> None:
    """Not a second, empty installation beside the one that works elsewhere. Raises MovedAway."""
    database = settings.DATABASES["default"]
    if not places.is_file(database) or Path(database["NAME"]).exists():
        return
    left = controlplane.left_behind(Path(database["NAME"]))
    if left.exists():
        raise MovedAway(f"{left} says that the control plane was copied to a server: set RESERVO_CONTROL_URL")
