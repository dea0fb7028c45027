"""What the events process reads from the databases: who a cookie is, whether they still are, missed notices."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import parse_cookie

from reservo import tenancy
from reservo.accounts.queries import user_of_session
from reservo.accounts.sessions import SessionStore
from reservo.notifications import bell
from reservo.notifications.live.hub import Viewer
from reservo.notifications.models import Notice
from reservo.staff.models import StaffMember
from reservo.tenancy import directory

MOST_MISSED = 50
RIGHT = "agenda.see"


def viewer_of(slug: str, cookies: str) -> Viewer | None:
    """The member of staff whose session this is, if they may look at the agenda of this centre."""
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")
    route = directory.find(slug)
    if not key or route is None or route.state != "active":
        return None
    session = SessionStore(key)
    data = session.load()
    user = user_of_session(data, route.tenant_id)
    if user is None:
        return None
    with tenancy.activate(route):
        staff = StaffMember.objects.select_related("role").filter(user_id=user.pk, is_active=True).first()
        if staff is None or RIGHT not in staff.extents:
            return None
        return Viewer(
            tenant_id=route.tenant_id,
            staff_id=staff.pk,
            session_key=key,
            branch_ids=staff.branch_ids(),
            only_practitioner_id=staff.practitioner_id or 0 if staff.only_own(RIGHT) else None,
        )


def is_still(viewer: Viewer) -> bool:
    """Whether the session, the membership, the right and the centre still stand as when the stream was opened."""
    route = directory.by_id(viewer.tenant_id)
    if route is None:
        return False
    cookies = f"{settings.SESSION_COOKIE_NAME}={viewer.session_key}"
    directory.forget(route.slug)
    return viewer_of(route.slug, cookies) == viewer


def missed(viewer: Viewer, since: int) -> list[dict[str, Any]]:
    """Notices after this one, oldest first."""
    route = directory.by_id(viewer.tenant_id)
    if route is None:
        return []
    with tenancy.activate(route):
        staff = StaffMember.objects.select_related("role").get(pk=viewer.staff_id)
        found = bell.notices_for(staff).filter(pk__gt=since).order_by("pk")[:MOST_MISSED]
        return [{"id": pk} for pk in found.values_list("pk", flat=True)]


def newest(viewer: Viewer) -> int:
    route = directory.by_id(viewer.tenant_id)
    if route is None:
        return 0
    with tenancy.activate(route):
        return Notice.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
