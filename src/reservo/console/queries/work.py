"""Jobs and mails of one centre, or of the control plane: names, states, kinds of error and times, nothing else.

No text of a patient, no address, no argument of a job leaves the centre: even of an error only its class is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from reservo import tenancy
from reservo.console.models import Observation
from reservo.jobs.models import Job, Wakeup
from reservo.notifications import kinds
from reservo.notifications.models import RESENDABLE, Delivery
from reservo.tenancy import directory
from reservo.tenancy.models import Placement

OWN = "operador"  # no centre can have this address: it stands for the control plane's own work
MOST_SHOWN = 100
_CLASS = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,60}")


@dataclass(frozen=True, slots=True)
class DeadJob:
    id: int
    task: str
    attempts: int
    ended_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class BadMail:
    id: int
    kind: str
    state: str
    error: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Work:
    """How the jobs and mails of one place stand."""

    counts: dict[str, int]
    oldest_due: datetime | None
    dead: list[DeadJob]
    mails: list[BadMail]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A centre with something dead, as it was last seen."""

    slug: str
    seen: Observation


@contextmanager
def inside(slug: str) -> Iterator[tenancy.Route | None]:
    """The centre, or the control plane. Raises LookupError if there is no such centre."""
    if slug == OWN:
        with tenancy.control():
            yield None
        return
    route = directory.find(slug)
    if route is None:
        raise LookupError(slug)
    with tenancy.activate(route):
        yield route


def work_of(slug: str, *, at: datetime) -> Work:
    """Raises LookupError, and what a place that does not answer does."""
    with inside(slug):
        counted = Job.objects.values_list("state").annotate(n=Count("pk")).order_by("state")
        due = Job.objects.filter(state=Job.State.WAITING, run_at__lte=at).aggregate(first=Min("run_at"))
        dead = Job.objects.filter(state=Job.State.DEAD).order_by("-finished_at", "-pk")[:MOST_SHOWN]
        mails = Delivery.objects.filter(state__in=RESENDABLE).order_by("-pk")[:MOST_SHOWN]
        return Work(dict(counted), due["first"], [_dead(job) for job in dead], [_bad(mail) for mail in mails])


def troubles() -> list[Trouble]:
    """Centres with dead jobs or failed mails, the most first."""
    seen = Observation.objects.filter(dead_jobs__gt=0) | Observation.objects.filter(bad_mails__gt=0)
    rows = list(seen.order_by("-dead_jobs", "-bad_mails")[:MOST_SHOWN])
    slugs = dict(Placement.objects.filter(pk__in=[row.tenant_id for row in rows]).values_list("pk", "slug"))
    return [Trouble(slugs[row.tenant_id], row) for row in rows if row.tenant_id in slugs]


def overdue(*, at: datetime) -> tuple[int, datetime | None]:
    """How many centres wait for a worker, and since when the first does."""
    waiting = Wakeup.objects.filter(due_at__lte=at)
    return waiting.count(), waiting.aggregate(first=Min("due_at"))["first"]


def class_of(error: str) -> str:
    """`SMTPServerDisconnected` of `SMTPServerDisconnected: …`; what follows may be anybody's text."""
    found = _CLASS.match(error)
    return found[0] if found else ""


def _dead(job: Job) -> DeadJob:
    return DeadJob(job.pk, job.task, job.attempts, job.finished_at, class_of(job.error))


def _bad(mail: Delivery) -> BadMail:
    return BadMail(
        mail.pk,
        kinds.label_of(mail.kind),
        mail.state,
        class_of(mail.error_class),
        mail.settled_at or mail.due_at,
    )
