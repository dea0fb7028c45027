"""Reading people of the control plane."""

from __future__ import annotations

from reservo import tenancy
from reservo.accounts.models import Membership, Session, User
from reservo.accounts.operations import proves
from reservo.tenancy import directory


def centres_of(user: User) -> list[tenancy.Route]:
    """Routes of the centres the user belongs to, that are not disabled."""
    ids = Membership.objects.filter(user=user).values_list("tenant_id", flat=True)
    routes = (directory.by_id(tenant_id) for tenant_id in ids)
    return [route for route in routes if route and route.state != "disabled"]


def user_of_session(session: dict, tenant_id: int) -> User | None:
    """The session's user, if it is good for this centre: same centre, password unchanged, still a member."""
    user_id = session.get("user_id")
    if not user_id or session.get("tenant_id") != tenant_id:
        return None
    user = User.objects.filter(pk=user_id, is_active=True, memberships__tenant_id=tenant_id).first()
    return user if user and proves(session, user) else None


def sessions_of(user: User):
    return Session.objects.filter(user_id=user.pk).order_by("-expire_date")
