"""What an operator must see at once, whatever page they opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reservo.console.queries import backups, stores
from reservo.fleet.models import Move, Order
from reservo.jobs.models import Heartbeat

SILENT = timedelta(seconds=30)
KINDS = ("worker", "scheduler", "keeper", "porter")


@dataclass(frozen=True, slots=True)
class Alarm:
    words: str
    url: str
    kind: str = "bad"


def current(*, at: datetime) -> list[Alarm]:
    """Loudest first; a constant number of queries."""
    return [*_silent(at), *_stores(), *_backups(at), *_moves(), *_waiting()]


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
    bad = backups.problems(at).count()
    if not bad:
        return []
    words = ngettext("%(n)d respaldo con problema.", "%(n)d respaldos con problema.", bad) % {"n": bad}
    return [Alarm(words, f"{reverse('console:backups')}?estado=problem")]


def _waiting() -> list[Alarm]:
    """What is to be destroyed: a second person agrees, or somebody calls it off within the day."""
    count = Order.objects.filter(needs_second=True, state=Order.State.WAITING).count()
    if not count:
        return []
    words = ngettext(
        "%(n)d destrucción espera a otra persona, o un día.",
        "%(n)d destrucciones esperan a otra persona, o un día.",
        count,
    )
    return [Alarm(words % {"n": count}, reverse("console:orders"), "warn")]


def _moves() -> list[Alarm]:
    """Moves that stand still because something went wrong."""
    stopped = Move.objects.exclude(open_for=None).exclude(error="").count()
    if not stopped:
        return []
    words = ngettext("%(n)d traslado detenido.", "%(n)d traslados detenidos.", stopped) % {"n": stopped}
    return [Alarm(words, reverse("console:moves"))]
