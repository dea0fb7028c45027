"""Who does something, and by which way; plain values that operations, trail and events share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["staff", "patient", "system", "operator"]
Channel = Literal["agenda", "web", "api", "link", "job", "console", "shell", "import"]


@dataclass(frozen=True, slots=True)
class Actor:
    kind: Kind
    id: int | None
    name: str
    channel: Channel

    @property
    def is_patient(self) -> bool:
        return self.kind == "patient"

    @property
    def staff_id(self) -> int | None:
        return self.id if self.kind == "staff" else None


def system(channel: Channel = "job") -> Actor:
    return Actor("system", None, "Reservo", channel)
