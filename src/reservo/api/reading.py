"""Reading the body of a booking, field by field, with errors that name the field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from reservo.api.problems import field_error, invalid
from reservo.booking.operations import OnlineBooking
from reservo.patients.fields import PatientFields

LONGEST = 4_000
MOST_ID = 2**63 - 1
PATIENT_TEXTS = (
    *("given_name", "paternal_surname", "maternal_surname", "email", "phone", "national_id", "country"),
    *("address", "city", "insurer"),
)


class _Reader:
    """Collects every error before it refuses."""

    def __init__(self, body: Any):
        self.errors: list[dict[str, str]] = []
        self.body = body if isinstance(body, dict) else {}
        if not isinstance(body, dict):
            self._wrong("", "invalid", "must be an object")

    def _wrong(self, field: str, code: str, message: str) -> None:
        self.errors.append(field_error(field, code, message))

    def number(self, name: str, *, optional: bool = False) -> int | None:
        value = self.body.get(name)
        if value is None and optional:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MOST_ID:
            self._wrong(name, "required" if value is None else "invalid", "must be an id")
            return None
        return value

    def text(self, holder: dict[str, Any], name: str, path: str) -> str:
        value = holder.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self._wrong(path, "invalid", "must be text")
            return ""
        if len(value) > LONGEST:
            self._wrong(path, "too_long", f"at most {LONGEST} characters")
            return ""
        return value

    def flag(self, holder: dict[str, Any], name: str, path: str) -> bool:
        value = holder.get(name, False)
        if not isinstance(value, bool):
            self._wrong(path, "invalid", "must be true or false")
            return False
        return value

    def instant(self, name: str) -> datetime:
        value = self.body.get(name)
        try:
            found = datetime.fromisoformat(value) if isinstance(value, str) and len(value) < 40 else None
        except ValueError:
            found = None
        if found is None or found.tzinfo is None or not 2000 < found.year < 2200:
            self._wrong(name, "invalid", "must be an instant with its offset, as 2026-12-01T09:00:00-03:00")
            return datetime(2000, 1, 1, tzinfo=UTC)
        return found.astimezone(UTC)

    def patient(self) -> PatientFields:
        given = self.body.get("patient")
        if not isinstance(given, dict):
            self._wrong("patient", "required", "must be an object")
            return PatientFields()
        values = {name: self.text(given, name, f"patient.{name}") for name in PATIENT_TEXTS}
        return PatientFields(**values, is_foreigner=self.flag(given, "foreigner", "patient.foreigner"))


def booking_read(body: Any, *, language: str) -> OnlineBooking:
    """Raises Problem 422."""
    reader = _Reader(body)
    service, branch = reader.number("service"), reader.number("branch")
    practitioner = reader.number("practitioner", optional=True)
    starts_at = reader.instant("starts_at")
    patient = reader.patient()
    comment = reader.text(reader.body, "comment", "comment")
    accepted = reader.flag(reader.body, "privacy_accepted", "privacy_accepted")
    if reader.errors:
        raise invalid(*reader.errors)
    return OnlineBooking(
        branch_id=branch or 0,
        service_id=service or 0,
        practitioner_id=practitioner,
        starts_at=starts_at,
        patient=patient,
        comment=comment,
        privacy_accepted=accepted,
        origin="api",
        language=language,
    )
