"""Dead jobs and failed mails of one place once more, by an operator's wish."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from reservo import tenancy
from reservo.console import observing, trail
from reservo.console.operations.centres import note_in_centre
from reservo.console.queries import work
from reservo.core.actor import Actor
from reservo.jobs import claims
from reservo.jobs.models import Job
from reservo.notifications import mail
from reservo.notifications.models import RESENDABLE, Delivery
from reservo.tenancy import directory

MOST_AT_ONCE = 500


def revive(slug: str, job_id: int | None, *, by: Actor, at: datetime) -> int:
    """That job, or (None) all that are dead, from the beginning; how many. Raises LookupError."""
    with work.inside(slug):
        dead = Job.objects.filter(state=Job.State.DEAD).order_by("pk")
        ids = list(_named(dead.values_list("pk", flat=True), job_id))
        revived = sum(claims.revive(pk, at=at) for pk in ids)
    if revived:
        _note("jobs.revived", slug, revived, by=by, at=at)
    return revived


def send_again(slug: str, delivery_id: int | None, *, by: Actor, at: datetime) -> int:
    """That mail, or (None) all that failed, under their own Message-IDs; how many. Raises LookupError."""
    with work.inside(slug):
        failed = Delivery.objects.filter(state__in=RESENDABLE).order_by("pk")
        ids = list(_named(failed.values_list("pk", flat=True), delivery_id))
        sent = sum(mail.send_again(pk, at=at) for pk in ids)
    if sent:
        _note("mails.resent", slug, sent, by=by, at=at)
    return sent


def _named(keys: Iterable[int], wanted: int | None) -> Iterable[int]:
    """All of a bounded number, or the one that is wanted if it is among them."""
    rows = keys.filter(pk=wanted) if wanted is not None else keys  # type: ignore[attr-defined]
    return rows[:MOST_AT_ONCE]


def _note(action: str, slug: str, count: int, *, by: Actor, at: datetime) -> None:
    route = None if slug == work.OWN else directory.find(slug)
    key = route.tenant_id if route else 0
    trail.note(action, "centre", key, name=slug, by=by, at=at, to=str(count))
    if route:
        note_in_centre(route, action, by=by, at=at, details={"count": count})
        _look_again(route, at)


def _look_again(route: tenancy.Route, at: datetime) -> None:
    observing.observe([route], at)
