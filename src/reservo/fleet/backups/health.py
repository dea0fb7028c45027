"""Whether the backups can be relied on: what `reservo doctor` and the console tell the operator."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Q

from reservo.fleet.backups import keys, places, restoring
from reservo.fleet.backups.running import LEFT_BEHIND
from reservo.fleet.models import Backup, Restore
from reservo.jobs.models import Heartbeat
from reservo.tenancy.models import Placement
from reservo.tenancy.servers import Finding
from reservo.tenants.models import Tenant

OLD = timedelta(hours=26)
RESTORE_TAKES = timedelta(hours=1)
ALIVE = timedelta(seconds=30)
MOST_NAMED = 10
State = Backup.State


def findings(*, at: datetime) -> list[Finding]:
    return [*_key(), *_places(), *_ages(at), *_rows(at), *_restores(at), _keeper(at)]


def newest() -> dict[int, datetime]:
    """Centre (0: control plane) to the moment of its newest backup that was proved."""
    done = Backup.objects.filter(state__in=(State.DONE, State.PARTIAL), removed_at=None)
    return dict(done.values_list("tenant_id").annotate(Max("taken_at")))


def _key() -> list[Finding]:
    if not keys.is_given():
        return [Finding("there is no key of backups yet: the first of them makes it", True)]
    try:
        key = keys.current()
    except (keys.BadKey, OSError) as wrong:
        return [Finding(str(wrong), False, "put the old one back")]
    return [
        Finding(f"backups are sealed with key {key.name}, from {key.came_from}; keep a copy elsewhere", True)
    ]


def _places() -> list[Finding]:
    found = []
    made = [str(places.beside())] if places.beside().exists() else []
    for number, address in enumerate(settings.RESERVO_BACKUP_PLACES or made):
        said = _said_of(address)
        found.append(
            Finding(
                f"place {number + 1} of backups: {address}" + (f": {said}" if said else ""),
                not said,
                "mend what it says (mount it, let it be reached), or RESERVO_BACKUP_PLACES",
            )
        )
    if not settings.RESERVO_DEMO:
        two = len(settings.RESERVO_BACKUP_PLACES) > 1
        mend = "set RESERVO_BACKUP_PLACES to two places, one of them on another machine"
        found.append(Finding("backups are kept in two places", two, mend))
    return found


def _said_of(address: str) -> str:
    """What is wrong with a place; one without what it held may be a mount that is away."""
    latest = Backup.objects.filter(removed_at=None, key__gt="").order_by("-taken_at")[:50]
    key = next((row.key for row in latest if row.places.get(address) == "ok"), "")
    try:
        place = places.with_address(address)
        if key and not place.has(key):
            return "it is there, but the newest backup is not in it: is it mounted? was it emptied?"
        place.has("x")
    except OSError as away:
        return str(away)
    return ""


def _ages(at: datetime) -> list[Finding]:
    known = newest()
    grown_up = Tenant.objects.filter(created_at__lt=at - OLD).values_list("pk", flat=True)
    active = Placement.objects.filter(state=Placement.State.ACTIVE).order_by("slug").values_list("pk", "slug")
    old_enough = set(grown_up)
    late = [slug for pk, slug in active if pk in old_enough and (pk not in known or known[pk] < at - OLD)]
    control_late = bool(old_enough) and (0 not in known or known[0] < at - OLD)
    names = ", ".join(late[:MOST_NAMED]) + (" …" if len(late) > MOST_NAMED else "")
    return [
        Finding(
            f"{len(late)} centres without a backup of the last 26 hours" + (f": {names}" if late else ""),
            not late,
            "see `reservo backups list`, then `reservo tenants backup <slug>`",
        ),
        Finding(
            "the control plane has a backup of the last 26 hours",
            not control_late,
            "`reservo tenants backup --control`",
        ),
    ]


def _rows(at: datetime) -> list[Finding]:
    """The last word of each centre: a failure that was followed by a success is over."""
    last = Backup.objects.values("tenant_id").annotate(last=Max("pk")).values("last")
    stopped = Q(state=State.RUNNING, beat_at__lt=at - LEFT_BEHIND)
    bad = Backup.objects.filter(stopped | ~Q(error=""), pk__in=last).exclude(state=State.DONE)
    count, first = bad.count(), bad.order_by("-pk").first()
    said = f": {first.slug or 'control'}: {first.error or 'stopped in the middle'}" if first else ""
    return [
        Finding(
            f"{count} backups failed or are not in every place{said}"[:300],
            not count,
            "mend what it says; they are tried again by themselves, or `reservo tenants backup <slug>`",
        )
    ]


def _restores(at: datetime) -> list[Finding]:
    stopped = list(
        Restore.objects.filter(state=Restore.State.LOADING, started_at__lt=at - RESTORE_TAKES).values_list(
            "slug", flat=True
        )
    )
    half_made = [placement.slug for placement in restoring.unfinished()]
    names = ", ".join(sorted({*stopped, *half_made}))
    return [
        Finding(
            f"restores that were stopped in the middle: {names or 'none'}",
            not names,
            "`reservo tenants restore <slug> --abort`, unless one is running",
        )
    ]


def _keeper(at: datetime) -> Finding:
    alive = Heartbeat.objects.filter(kind="keeper", at__gt=at - ALIVE).exists()
    return Finding("keeper is alive", alive, "start it: `reservo keeper`, or everything with `reservo run`")
