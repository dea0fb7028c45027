"""Members of staff of a centre whose data come from elsewhere."""

from __future__ import annotations

from reservo.staff.models import StaffMember


def know_users(users: dict[int, int]) -> None:
    """Each member is the user of this installation; one who has no user here waits for an invitation."""
    members = list(StaffMember.objects.exclude(user_id=None))
    StaffMember.objects.exclude(user_id=None).update(user_id=None)
    for member in members:
        member.user_id = users.get(member.user_id)
        member.save(update_fields=["user_id"])
