"""What the events process reads from the databases: who a cookie is, whether they still are, what was missed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Count, Max
from django.http import parse_cookie

from reservo import tenancy
from reservo.accounts.models import Membership, Session
from reservo.accounts.queries import user_of_session
from reservo.accounts.sessions import SessionStore
from reservo.core.clock import now
from reservo.notifications import bell
from reservo.notifications.live.hub import Sight, Viewer
from reservo.notifications.live.marks import Mark, newest
from reservo.notifications.models import Notice
from reservo.outbox.models import Event
from reservo.staff.models import StaffMember
from reservo.tenancy import directory
from reservo.tenancy.models import Placement

MOST_MISSED = 50
MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Look:
    """One reading of a centre: who sees what now, notices and changes since the mark."""

    sights: dict[int, Sight]
    newest: Mark
    changes: int = 0
    notices: list[dict[str, Any]] = field(default_factory=list)


def viewer_of(slug: str, cookies: str) -> tuple[Viewer, Mark] | None:
    """The member of staff whose session this is, if they may look at the agenda of this centre; how far it is."""
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")
    route = directory.find(slug)
    if not key or route is None or route.state != Placement.State.ACTIVE:
        return None
    user = user_of_session(SessionStore(key).load(), route.tenant_id)
    if user is None:
        return None
    with tenancy.activate(route):
        for staff in _staff().filter(user_id=user.pk):
            if bell.RIGHT in staff.extents:
                return Viewer(route.tenant_id, user.pk, staff.pk, key, _sight(staff)), newest()
    return None


def logged_out(viewers: Collection[Viewer]) -> set[Viewer]:
    """Those whose session, membership or centre no longer stands: three queries for five hundred of them."""
    return {viewer for some in _portions(list(viewers)) for viewer in _logged_out(some)}


def _logged_out(viewers: Sequence[Viewer]) -> Iterator[Viewer]:
    placements = Placement.objects.filter(
        pk__in={viewer.tenant_id for viewer in viewers}, state=Placement.State.ACTIVE
    )
    sessions = Session.objects.filter(
        session_key__in={viewer.session_key for viewer in viewers}, expire_date__gt=now()
    )
    members = Membership.objects.filter(
        user_id__in={viewer.user_id for viewer in viewers}, user__is_active=True
    )
    active = set(placements.values_list("pk", flat=True))
    owners = dict(sessions.values_list("session_key", "user_id"))
    belongs = set(members.values_list("user_id", "tenant_id"))
    for viewer in viewers:
        stands = (
            viewer.tenant_id in active
            and owners.get(viewer.session_key) == viewer.user_id
            and (viewer.user_id, viewer.tenant_id) in belongs
        )
        if not stands:
            yield viewer


def look(tenant_id: int, staff_ids: Collection[int], since: Mark) -> Look | None:
    """The same few queries however many browsers are open; None if the centre is not open."""
    route = directory.by_id(tenant_id)
    if route is None or route.state != Placement.State.ACTIVE:
        return None
    with tenancy.activate(route):
        sights = {
            staff.pk: _sight(staff)
            for some in _portions(list(staff_ids))
            for staff in _staff().filter(pk__in=some)
            if bell.RIGHT in staff.extents
        }
        later = Notice.objects.filter(pk__gt=since.notice).order_by("pk")[:MOST_MISSED]
        notices = [
            {"id": pk, "branch": branch, "practitioner": practitioner, "by": by}
            for pk, branch, practitioner, by in later.values_list(
                "pk", "branch_id", "practitioner_id", "by_staff_id"
            )
        ]
        changes = Event.objects.filter(pk__gt=since.change).aggregate(count=Count("pk"), newest=Max("pk"))
        mark = Mark(notices[-1]["id"] if notices else since.notice, changes["newest"] or since.change)
        return Look(sights, mark, changes["count"], notices)


def missed(viewer: Viewer, since: Mark) -> tuple[list[int], Mark]:
    """Notices after the mark that this viewer may see, oldest first; how far the centre is now."""
    route = directory.by_id(viewer.tenant_id)
    if route is None:
        return [], since
    with tenancy.activate(route):
        staff = _staff().filter(pk=viewer.staff_id).first()
        found = bell.notices_for(staff).filter(pk__gt=since.notice) if staff else Notice.objects.none()
        numbers = list(found.order_by("-pk").values_list("pk", flat=True)[:MOST_MISSED])
        return numbers[::-1], newest()


def _staff() -> Any:
    members = StaffMember.objects.filter(is_active=True).select_related("role")
    return members.prefetch_related("role__rights", "branches")


def _sight(staff: StaffMember) -> Sight:
    branches = None if staff.all_branches else frozenset(row.branch_id for row in staff.branches.all())
    return Sight(branches, (staff.practitioner_id or 0) if staff.only_own(bell.RIGHT) else None)


def _portions(found: list[Any]) -> Iterator[list[Any]]:
    for first in range(0, len(found), MOST_AT_ONCE):
        yield found[first : first + MOST_AT_ONCE]
