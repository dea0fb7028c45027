"""What a centre is made of and offers: itself, its branches, rooms, practitioners, services, holidays."""

from reservo.catalog.models.branches import Branch, OpeningPeriod, Room, RoomKind
from reservo.catalog.models.centre import Centre, PrivacyText
from reservo.catalog.models.holidays import Holiday
from reservo.catalog.models.practitioners import (
    Practitioner,
    PractitionerBranch,
    WorkingException,
    WorkingPeriod,
)
from reservo.catalog.models.services import Service, ServiceCategory, ServicePractitioner, ServicePrice

__all__ = [
    "Branch",
    "Centre",
    "Holiday",
    "OpeningPeriod",
    "Practitioner",
    "PractitionerBranch",
    "PrivacyText",
    "Room",
    "RoomKind",
    "Service",
    "ServiceCategory",
    "ServicePractitioner",
    "ServicePrice",
    "WorkingException",
    "WorkingPeriod",
]
