"""Looking over an installation."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from reservo import tenancy
from reservo.core import zones
from reservo.core.clock import now
from reservo.jobs.models import Heartbeat, Job
from reservo.notifications.models import Delivery
from reservo.tenancy import directory, namespaces
from reservo.tenancy.backends.sqlite.base import path_of

LEAST_FREE_BYTES = 500_000_000
LATE = timedelta(seconds=30)


@dataclass(slots=True)
class Finding:
    what: str
    well: bool
    mend: str = ""


def examine() -> list[Finding]:
    """Every check, whatever the others found."""
    findings: list[Finding] = []
    for check in CHECKS:
        try:
            findings += check()
        except (DatabaseError, OSError) as broken:
            findings.append(
                Finding(
                    f"{check.__name__.strip('_')}: {broken}", False, "see the message; run `reservo prepare`"
                )
            )
    return findings


def _data() -> list[Finding]:
    data = Path(settings.RESERVO_DATA_DIR)
    free = shutil.disk_usage(data).free
    return [
        Finding(
            f"data directory {data} can be written",
            os.access(data, os.W_OK),
            "give it to the user that runs reservo",
        ),
        Finding(
            f"{free // 1_000_000} MB free",
            free > LEAST_FREE_BYTES,
            "free some space or move the data directory",
        ),
    ]


def _schema() -> list[Finding]:
    executor = MigrationExecutor(connection)
    behind = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    template = Path(data_path(), "templates", f"tenant-{namespaces.schema_fingerprint()}.db")
    return [
        Finding(f"control schema: {behind} migrations behind", behind == 0, "run `reservo prepare`"),
        Finding("tenant template is this release's", template.exists(), "run `reservo prepare`"),
    ]


def data_path() -> Path:
    return Path(settings.RESERVO_DATA_DIR)


def _zones() -> list[Finding]:
    return [
        Finding(
            f"time zone tables {version('tzdata')} know America/Coyhaique",
            zones.is_zone("America/Coyhaique"),
            "install tzdata 2025.2 or newer",
        )
    ]


def _centres() -> list[Finding]:
    routes = directory.all_active()
    lost = [route.slug for route in routes if not path_of(route).exists()]
    dead = bad_mail = 0
    for route in routes:
        if route.slug not in lost:
            with tenancy.activate(route):
                dead += Job.objects.filter(state=Job.State.DEAD).count()
                bad_mail += Delivery.objects.filter(state__in=("dead", "unknown")).count()
    return [
        Finding(
            f"{len(routes)} centres; files missing: {', '.join(lost) or 'none'}",
            not lost,
            "restore them from a backup",
        ),
        Finding(f"{dead} dead jobs", dead == 0, "see `reservo jobs dead`, then `reservo jobs revive --tenant …`"),
        Finding(
            f"{bad_mail} mails dead or unknown",
            bad_mail == 0,
            "see /<centre>/correos/?estado=problem and send them again",
        ),
    ]


def _processes() -> list[Finding]:
    findings = []
    for kind in ("worker", "scheduler"):
        alive = Heartbeat.objects.filter(kind=kind, at__gt=now() - LATE).exists()
        findings.append(
            Finding(
                f"{kind} is alive", alive, f"start it: `reservo {kind}`, or everything with `reservo run`"
            )
        )
    return findings


def _mail() -> list[Finding]:
    if not settings.RESERVO_SMTP_URL:
        return [
            Finding(
                "mail goes to the mailbox of the data directory",
                settings.RESERVO_DEMO,
                "set RESERVO_SMTP_URL",
            )
        ]
    parts = urlsplit(settings.RESERVO_SMTP_URL)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 25), timeout=5):
            return [Finding(f"mail server {parts.hostname} answers", True)]
    except OSError as broken:
        return [
            Finding(
                f"mail server {parts.hostname}: {broken}", False, "check RESERVO_SMTP_URL and the network"
            )
        ]


CHECKS: tuple[Callable[[], list[Finding]], ...] = (_data, _schema, _zones, _centres, _processes, _mail)
