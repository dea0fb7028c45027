"""What an operator must see at once, whatever page they opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reservo.console.queries import stores
from reservo.fleet.backups.running import LEFT_BEHIND
from reservo.fleet.models import Backup
from reservo.jobs.models import Heartbeat

SILENT = timedelta(seconds=30)
KINDS = ("worker", "scheduler", "keeper")


@dataclass(frozen=True, slots=True)
class Alarm:
    words: str
    url: str


def current(*, at: datetime) -> list[Alarm]:
    """Loudest first; a constant number of queries."""
    return [*_silent(at), *_stores(), *_backups(at)]


def _stores() -> list[Alarm]:
    """Stores of which centres did not answer when they were last looked at."""
    return [
        Alarm(
            ngettext(
                "%(n)d centro de «%(store)s» no responde.",
                "%(n)d centros de «%(store)s» no responden.",
                row.silent,
            )
            % {"n": row.silent, "store": row.store.name},
            reverse("console:store", args=[row.store.name]),
        )
        for row in stores.listed()
        if row.silent
    ]


def _silent(at: datetime) -> list[Alarm]:
    alive = set(Heartbeat.objects.filter(at__gt=at - SILENT).values_list("kind", flat=True))
    return [
        Alarm(
            _("Ningún proceso «%(kind)s» da señales de vida.") % {"kind": kind}, reverse("console:processes")
        )
        for kind in KINDS
        if kind not in alive
    ]


def _backups(at: datetime) -> list[Alarm]:
    """The last word of each centre counts: a failure followed by a success is over."""
    last = Backup.objects.values("tenant_id").annotate(last=Max("pk")).values("last")
    stopped = Q(state=Backup.State.RUNNING, beat_at__lt=at - LEFT_BEHIND)
    bad = Backup.objects.filter(stopped | ~Q(error=""), pk__in=last).exclude(state=Backup.State.DONE).count()
    if not bad:
        return []
    words = ngettext("%(n)d respaldo con problema.", "%(n)d respaldos con problema.", bad) % {"n": bad}
    return [Alarm(words, f"{reverse('console:centres')}?estado=problem")]
