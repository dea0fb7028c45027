"""Looking into a centre: only with its consent, for its time, written down in both trails."""

from __future__ import annotations

from datetime import datetime

from reservo import tenancy
from reservo.accounts.sessions import SessionStore
from reservo.console import trail
from reservo.core.actor import Actor
from reservo.support import operations, queries, visiting
from reservo.support.models import SupportAccess


class NoConsent(PermissionError):
    """The centre has not said yes, or its time is over, or it said so to somebody else."""


def ask(
    route: tenancy.Route, *, reason: str, minutes: int, wants_patients: bool, by: Actor, at: datetime
) -> None:
    """Raises AlreadyAsked, and what a centre that does not answer does."""
    with tenancy.activate(route):
        operations.ask(reason=reason, minutes=minutes, wants_patients=wants_patients, by=by, at=at)
    trail.note(
        "support.asked",
        "centre",
        route.tenant_id,
        name=route.slug,
        by=by,
        at=at,
        to=f"{minutes} min",
        reason=reason,
    )


def enter(route: tenancy.Route, *, agent: str, by: Actor, at: datetime) -> tuple[SessionStore, SupportAccess]:
    """A session of that centre while the consent lasts. Raises NoConsent."""
    with tenancy.activate(route):
        access = queries.open_now(at).filter(operator_id=by.id).first()
        if access is None:
            raise NoConsent(route.slug)
        session = visiting.open_session(access, agent=agent, at=at)
    trail.note(
        "support.entered", "centre", route.tenant_id, name=route.slug, by=by, at=at, reason=access.reason
    )
    return session, access


def end(route: tenancy.Route, *, by: Actor, at: datetime) -> None:
    """The operator needs it no longer. Raises NoConsent."""
    with tenancy.activate(route):
        access = queries.open_now(at).filter(operator_id=by.id).first()
        if access is None:
            raise NoConsent(route.slug)
        operations.end(access.pk, by=by, at=at)
    trail.note("support.ended", "centre", route.tenant_id, name=route.slug, by=by, at=at)
