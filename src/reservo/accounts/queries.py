"""Reading people of the control plane."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reservo import tenancy
from reservo.accounts import devices, naming, operations, proofs
from reservo.accounts.models import Membership, Session, User
from reservo.accounts.operations import proves
from reservo.tenancy import directory

MOST_SESSIONS = 50


def centres_of(user: User) -> list[tenancy.Route]:
    """Routes of the centres the user belongs to, that are not disabled."""
    ids = Membership.objects.filter(user=user).values_list("tenant_id", flat=True)
    routes = (directory.by_id(tenant_id) for tenant_id in ids)
    return [route for route in routes if route and route.state != "disabled"]


def user_of_session(session: dict, tenant_id: int) -> User | None:
    """The session's user, if it is good for this centre: same centre, password unchanged, still a member.

    Raises ControlAway if that cannot be asked, nor was within the last minute.
    """
    user_id = session.get("user_id")
    if not user_id or session.get("tenant_id") != tenant_id:
        return None

    def read() -> User | None:
        user = User.objects.filter(pk=user_id, is_active=True, memberships__tenant_id=tenant_id).first()
        return user if user and proves(session, user) else None

    return proofs.users.ask(f"{user_id} {tenant_id} {session.get('proof')}", read)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A device that is logged in; `mark` names it without giving its key away."""

    mark: str
    device: str
    centre: str
    began_at: datetime | None
    is_current: bool


def sessions_of(user: User, *, current: str, at: datetime) -> list[OpenSession]:
    """Where the user is logged in, newest first; at most fifty."""
    rows = Session.objects.filter(user_id=user.pk, expire_date__gt=at).order_by("-began_at")[:MOST_SESSIONS]
    names = naming.names_of({row.tenant_id for row in rows if row.tenant_id})
    return [
        OpenSession(
            operations.mark_of(row.session_key),
            devices.name_of(row.agent),
            names.get(row.tenant_id, ""),
            row.began_at,
            row.session_key == current,
        )
        for row in rows
    ]


def named(routes: list[tenancy.Route]) -> list[tuple[tenancy.Route, str]]:
    """Each centre with its name, in the order of names."""
    names = naming.names_of({route.tenant_id for route in routes})
    return sorted(
        ((route, names.get(route.tenant_id, route.slug)) for route in routes), key=lambda one: one[1]
    )


def name_of(tenant_id: int) -> str:
    return naming.names_of([tenant_id]).get(tenant_id, "")
