"""What the agenda announces; payloads are plain values, `schema` says their shape."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class AppointmentBooked:
    schema: ClassVar[int] = 1
    appointment_id: int
    origin: str
    by_patient: bool


@dataclass(frozen=True, slots=True)
class AppointmentMoved:
    schema: ClassVar[int] = 1
    appointment_id: int
    earlier_starts_at: str
    by_patient: bool
    tell_patient: bool


@dataclass(frozen=True, slots=True)
class AppointmentStateChanged:
    schema: ClassVar[int] = 1
    appointment_id: int
    before: str
    after: str
    by_patient: bool
    tell_patient: bool
    by_staff_id: int | None


@dataclass(frozen=True, slots=True)
class AppointmentEdited:
    schema: ClassVar[int] = 1
    appointment_id: int


@dataclass(frozen=True, slots=True)
class AppointmentAddressCorrected:
    """The mails of the visit go to another address than the one typed first."""

    schema: ClassVar[int] = 1
    appointment_id: int


@dataclass(frozen=True, slots=True)
class AgendaTimeChanged:
    """Blocks or holds came or went between two local dates (both included)."""

    schema: ClassVar[int] = 1
    branch_id: int | None
    first_date: str
    last_date: str
