"""What a form carries instead of a cookie: the hour it holds, signed for this centre alone."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.urls import reverse
from django.utils.translation import get_language

from reservo import tenancy
from reservo.agenda.models import Hold

LONGEST = 2_000


class BadProof(ValueError):
    """Altered, cut, or of another centre."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A held hour; the privacy text that was shown with its form."""

    form_id: str
    hold_id: int
    branch_id: int
    service_id: int
    practitioner_id: int
    asked: str
    starts: str
    until: str
    privacy_version: int = 0
    privacy_language: str = ""

    @property
    def starts_at(self) -> datetime:
        return datetime.fromisoformat(self.starts)

    @property
    def key(self) -> str:
        """Of this held hour alone: posting its form twice is one booking."""
        return hashlib.sha256(f"{self.form_id} {self.hold_id} {self.starts}".encode()).hexdigest()

    def seconds_left(self, at: datetime) -> int:
        return max(int((datetime.fromisoformat(self.until) - at).total_seconds()), 0)

    def params(self) -> dict[str, str]:
        """As the address of the page names the same choice."""
        asked = {"sucursal": self.branch_id, "servicio": self.service_id, "profesional": self.asked}
        return {**{name: str(value) for name, value in asked.items()}, "f": self.form_id}


def of_hold(held: Hold, form_id: str, asked: str) -> Proof:
    return Proof(
        form_id=form_id,
        hold_id=held.pk,
        branch_id=held.branch_id,
        service_id=held.service_id,
        practitioner_id=held.practitioner_id,
        asked=asked,
        starts=held.starts_at.isoformat(),
        until=held.expires_at.isoformat(),
    )


def sign(proof: Proof) -> str:
    return signing.dumps(asdict(proof), salt=_salt(), compress=True)


def form_url(proof: Proof) -> str:
    """The form of the held hour."""
    return f"{reverse('book_data')}?p={sign(proof)}&lang={(get_language() or 'es')[:2]}"


def read(signed: str) -> Proof:
    """Raises BadProof. It does not expire: the hour is checked again when it is booked."""
    try:
        values: dict[str, Any] = signing.loads(signed[:LONGEST], salt=_salt())
        return Proof(**values)
    except (signing.BadSignature, TypeError, ValueError) as bad:
        raise BadProof from bad


def _salt() -> str:
    return f"reservo.booking.{tenancy.current().tenant_id}"
