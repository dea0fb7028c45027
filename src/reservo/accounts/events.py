"""What the door announces; whoever writes mail listens."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class PasswordResetAsked:
    schema: ClassVar[int] = 1
    user_id: int


@dataclass(frozen=True, slots=True)
class StaffInvited:
    schema: ClassVar[int] = 1
    invitation_id: int
