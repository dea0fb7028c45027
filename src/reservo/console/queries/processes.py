"""Which processes of the installation show signs of life, and who alone does what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reservo.console.queries.alarms import KINDS, SILENT
from reservo.jobs.models import Heartbeat, Lease, NextFiring


@dataclass(frozen=True, slots=True)
class Process:
    name: str
    kind: str
    beat_at: datetime
    is_alive: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """All processes of one kind; at least one should be alive."""

    name: str
    processes: list[Process]

    @property
    def is_alive(self) -> bool:
        return any(process.is_alive for process in self.processes)


def kinds(*, at: datetime) -> list[Kind]:
    """The kinds that there must be, then any other that beats."""
    beats = [
        Process(row.process, row.kind, row.at, row.at > at - SILENT)
        for row in Heartbeat.objects.order_by("-at")[:200]
    ]
    names = [*KINDS, *sorted({one.kind for one in beats} - set(KINDS))]
    return [Kind(name, [one for one in beats if one.kind == name]) for name in names]


def leases(*, at: datetime) -> list[Lease]:
    """Held now: the active scheduler, who sweeps, movers at work."""
    return list(Lease.objects.filter(expires_at__gt=at).order_by("name")[:100])


def late_firings(*, at: datetime) -> int:
    """Centres that the scheduler should have looked at by now."""
    return NextFiring.objects.filter(at__lt=at - SILENT).count()
