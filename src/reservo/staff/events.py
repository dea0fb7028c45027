"""What the centre's people announce; payloads are plain values, `schema` says their shape."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class RightsChanged:
    """Of one member, or (none given) of everybody with some role."""

    schema: ClassVar[int] = 1
    staff_id: int | None


@dataclass(frozen=True, slots=True)
class StaffJoined:
    """An invitation was accepted."""

    schema: ClassVar[int] = 1
    staff_id: int
