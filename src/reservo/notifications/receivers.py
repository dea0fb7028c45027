"""What changes of people do to their open browsers."""

from __future__ import annotations

from datetime import datetime

from reservo import outbox
from reservo.notifications import bell
from reservo.staff.events import RightsChanged


@outbox.receiver(RightsChanged)
def rights_changed(event: RightsChanged, at: datetime) -> None:
    bell.tell("staff", {})
