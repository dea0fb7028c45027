"""Writing weekly hours, all of a branch or of a practitioner in a branch at once."""

from __future__ import annotations

from datetime import datetime

from reservo import tenancy
from reservo.audit.operations import record
from reservo.catalog.models import Branch, OpeningPeriod, Practitioner, Room, WorkingPeriod
from reservo.catalog.weekly import Period
from reservo.core.actor import Actor


def set_opening_hours(branch: Branch, periods: list[Period], *, by: Actor, at: datetime) -> None:
    with tenancy.atomic():
        OpeningPeriod.objects.filter(branch=branch, room=None).delete()
        OpeningPeriod.objects.bulk_create(
            OpeningPeriod(
                branch=branch,
                weekday=period.weekday,
                starts_minute=period.starts_minute,
                ends_minute=period.ends_minute,
            )
            for period in periods
        )
        record("branch.hours", "branch", branch.pk, by=by, at=at)


def set_room_hours(room: Room, periods: list[Period], *, by: Actor, at: datetime) -> None:
    """Hours of a room that is open less than its branch; none: whenever the branch is."""
    with tenancy.atomic():
        OpeningPeriod.objects.filter(room=room).delete()
        OpeningPeriod.objects.bulk_create(
            OpeningPeriod(
                branch_id=room.branch_id,
                room=room,
                weekday=period.weekday,
                starts_minute=period.starts_minute,
                ends_minute=period.ends_minute,
            )
            for period in periods
        )
        record("room.hours", "room", room.pk, by=by, at=at)


def set_working_hours(
    practitioner: Practitioner, branch: Branch, periods: list[Period], *, by: Actor, at: datetime
) -> None:
    with tenancy.atomic():
        WorkingPeriod.objects.filter(practitioner=practitioner, branch=branch).delete()
        WorkingPeriod.objects.bulk_create(
            WorkingPeriod(
                practitioner=practitioner,
                branch=branch,
                room_id=period.room_id,
                weekday=period.weekday,
                starts_minute=period.starts_minute,
                ends_minute=period.ends_minute,
            )
            for period in periods
        )
        record("practitioner.hours", "practitioner", practitioner.pk, by=by, at=at)
