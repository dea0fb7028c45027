"""What changes of people do to their bell and open browsers."""

from __future__ import annotations

from datetime import datetime

from reservo import outbox
from reservo.notifications import bell
from reservo.staff.events import RightsChanged, StaffJoined


@outbox.receiver(RightsChanged)
def rights_changed(event: RightsChanged, at: datetime) -> None:
    bell.tell("staff", {})


@outbox.receiver(StaffJoined)
def joined(event: StaffJoined, at: datetime) -> None:
    """What rang before somebody came is no news to them."""
    bell.mark_all_seen(event.staff_id)
