"""Looking over an installation."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from reservo import tenancy
from reservo.config import clocks, environment
from reservo.core import zones
from reservo.core.clock import now
from reservo.fleet import moves, promoting
from reservo.fleet.backups import health
from reservo.fleet.schemas import queries
from reservo.jobs.models import Heartbeat, Job
from reservo.notifications.models import Delivery
from reservo.tenancy import directory, namespaces, troubles
from reservo.tenancy.backends.control import places
from reservo.tenancy.models import Store
from reservo.tenancy.servers import StoreUnavailable
from reservo.tenants import operations as tenants
from reservo.tenants import standbys

LEAST_FREE_BYTES = 500_000_000
LATE = timedelta(seconds=30)
LEAST_VERSIONS = {"SQLite": (3, 35), "PostgreSQL": (15, 0), "MariaDB": (10, 6), "MySQL": (99, 0)}


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
        except Exception as broken:
            name = check.__name__.strip("_")
            findings.append(Finding(f"{name}: {broken}", False, "see the message; run `reservo prepare`"))
    return findings


def _data() -> list[Finding]:
    data = Path(settings.RESERVO_DATA_DIR)
    free = shutil.disk_usage(data).free
    return [
        Finding(
            f"data directory {data} can be written",
            _can_write(data),
            "give it to the user that runs reservo",
        ),
        Finding(
            f"{free // 1_000_000} MB free",
            free > LEAST_FREE_BYTES,
            "free some space or move the data directory",
        ),
    ]


def _can_write(folder: Path) -> bool:
    probe = folder / f".doctor-{os.getpid()}"
    try:
        probe.write_text("x")
        probe.unlink()
    except OSError:
        return False
    return True


def _clock() -> list[Finding]:
    mend = "run chrony or another NTP client"
    newest = max(filter(None, Heartbeat.objects.values_list("at", flat=True)), default=None)
    ahead = (newest - now()).total_seconds() if newest else 0.0
    found = [Finding("no row is from the future", ahead < clocks.MOST_SECONDS_OFF, f"clock set back? {mend}")]
    if server := os.environ.get("RESERVO_TIME_SERVER"):
        off = clocks.seconds_off(server)
        return [*found, Finding(f"clock {off:+.3f} s off {server}", abs(off) < clocks.MOST_SECONDS_OFF, mend)]
    off_at_most = clocks.kernel_seconds_off()
    if off_at_most is None:
        what = "nothing on this machine keeps the clock (or it is not told)"
        ask = f"{mend}, or name a time server to compare with: RESERVO_TIME_SERVER=host"
        return [*found, Finding(what, settings.RESERVO_DEMO, ask)]
    what = f"clock off by {off_at_most:.3f} s at most"
    return [*found, Finding(what, off_at_most < clocks.MOST_SECONDS_OFF, mend)]


def _control() -> list[Finding]:
    place = places.told(connection.settings_dict)
    connection.ensure_connection()
    version, least = connection.get_database_version(), LEAST_VERSIONS[connection.display_name]
    named = f"{connection.display_name} {'.'.join(map(str, version))}"
    found = [
        Finding(f"control plane: {place} ({named})", version[:2] >= least, f"{least[0]}.{least[1]} or newer")
    ]
    if connection.vendor == "mysql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@collation_database")
            collation = cursor.fetchone()[0]
        mend = "ALTER DATABASE … COLLATE utf8mb4_bin, then a new copy: every letter is itself, as elsewhere"
        found.append(Finding(f"its letters are compared as {collation}", collation == "utf8mb4_bin", mend))
    return found


def _schema() -> list[Finding]:
    executor = MigrationExecutor(connection)
    behind = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    template = namespaces.template_path()
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    late = queries.count_behind()
    return [
        Finding("static files are collected", manifest.exists(), "run `reservo prepare`"),
        Finding(f"control schema: {behind} migrations behind", behind == 0, "run `reservo prepare`"),
        Finding("tenant template is this release's", template.exists(), "run `reservo prepare`"),
        Finding(f"{late} centres with an older schema", late == 0, "run `reservo fleet migrate`"),
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


@dataclass
class _Seen:
    """What was found in the centres that could be looked into, and which could not."""

    lost: list[str] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)
    unwell: list[str] = field(default_factory=list)
    away: set[str] = field(default_factory=set)
    names: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    dead: int = 0
    bad_mail: int = 0

    def look_at(self, route: tenancy.Route) -> None:
        """A store that is away is asked once, not for each of its centres."""
        if route.store in self.away:
            return
        try:
            self._look_into(route)
        except StoreUnavailable:
            self.away.add(route.store)
        except troubles.OF_ONE_CENTRE:
            self.unwell.append(route.slug)

    def _look_into(self, route: tenancy.Route) -> None:
        if route.namespace not in self._names_beside(route):
            self.lost.append(route.slug)
            return
        if namespaces.epoch_of(route) != route.epoch:
            self.apart.append(route.slug)
        with tenancy.activate(route):
            self.dead += Job.objects.filter(state=Job.State.DEAD).count()
            self.bad_mail += Delivery.objects.filter(state__in=("dead", "unknown")).count()

    def _names_beside(self, route: tenancy.Route) -> set[str]:
        """A server with thousands of centres is asked for them once."""
        place = route.store, route.address
        if place not in self.names:
            self.names[place] = namespaces.names(route)
        return self.names[place]


def _centres() -> list[Finding]:
    routes, seen = directory.all_active(), _Seen()
    for route in routes:
        seen.look_at(route)
    seen.away |= _others_away({route.store for route in routes})
    left = list(tenants.unfinished().values_list("slug", flat=True))
    return [
        Finding(
            f"{len(routes)} centres; files missing: {', '.join(seen.lost) or 'none'}",
            not seen.lost,
            "restore them from a backup",
        ),
        Finding(
            f"stores that do not answer: {', '.join(sorted(seen.away)) or 'none'}",
            not seen.away,
            "`reservo stores check <store>` says what is wrong with it; its centres are away until then",
        ),
        Finding(
            f"centres that cannot be read: {', '.join(seen.unwell) or 'none'}",
            not seen.unwell,
            "restore them from a backup",
        ),
        Finding(
            f"centres that nobody can write to: {', '.join(seen.apart) or 'none'}",
            not seen.apart,
            "a change of state was cut short: repeat it, `reservo tenants state <centre> active`",
        ),
        Finding(
            f"centres half made: {', '.join(left) or 'none'}",
            not left,
            "if nothing is making them now: `reservo tenants discard <centre>`, then create them again",
        ),
        Finding(
            f"{seen.dead} dead jobs",
            seen.dead == 0,
            "see `reservo jobs dead`, then `reservo jobs revive --tenant …`",
        ),
        Finding(
            f"{seen.bad_mail} mails dead or unknown",
            seen.bad_mail == 0,
            "see /<centre>/correos/?estado=problem and send them again",
        ),
    ]


def _others_away(asked: set[str]) -> set[str]:
    """Stores on servers whose centres were not asked for: the next centre may come to one of them."""
    away = set()
    for store in Store.objects.exclude(engine=Store.Engine.SQLITE).exclude(name__in=asked):
        try:
            namespaces.places_of(store.engine).check(store.name, store.address)
        except StoreUnavailable:
            away.add(store.name)
    return away


def _moves() -> list[Finding]:
    names = ", ".join(sorted(move.slug for move in moves.stopped(at=now())))
    return [
        Finding(
            f"moves that were stopped in the middle: {names or 'none'}",
            not names,
            "`reservo tenants move <centre> --resume` goes on, `--abort` gives up",
        )
    ]


def _processes() -> list[Finding]:
    findings = []
    for kind in ("worker", "scheduler", "porter"):
        alive = Heartbeat.objects.filter(kind=kind, at__gt=now() - LATE).exists()
        findings.append(
            Finding(
                f"{kind} is alive", alive, f"start it: `reservo {kind}`, or everything with `reservo run`"
            )
        )
    return findings


def _pages() -> list[Finding]:
    """Only told of when something of the installation runs."""
    if not Heartbeat.objects.filter(at__gt=now() - LATE).exists():
        return []
    return [
        Finding(f"{name} answer on port {port}", _listens(port), f"start them: `reservo {command}`")
        for name, command, port in (
            ("pages", "web", environment.port()),
            ("live events", "events", environment.events_port()),
        )
    ]


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2):
            return True
    except OSError:
        return False


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


def _replicas() -> list[Finding]:
    """Of stores that have one, and old primaries that are back after a promotion."""
    findings = []
    for store in Store.objects.exclude(replica="").order_by("name"):
        found = standbys.check(store)
        findings += [Finding(f"store {store.name}: {one.what}", one.well, one.mend) for one in found]
    for store in Store.objects.exclude(engine=Store.Engine.SQLITE).order_by("name"):
        if left := promoting.left_open(store):
            what = f"store {store.name}: its old primary {left} is back and takes routes from before"
            mend = f"`reservo stores fence {store.name}`, then make it a standby"
            findings.append(Finding(what, False, mend))
    return findings


def _backups() -> list[Finding]:
    return [Finding(found.what, found.well, found.mend) for found in health.findings(at=now())]


CHECKS: tuple[Callable[[], list[Finding]], ...] = (
    *(
        _control,
        _data,
        _clock,
        _schema,
        _zones,
        _centres,
        _moves,
        _processes,
        _pages,
        _mail,
        _backups,
        _replicas,
    ),
)
