"""Reading what a caller sends, field by field, with errors that name the field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import orjson
from django.http import HttpRequest
from django.utils.translation import gettext as _

from reservo.api.problems import Problem, field_error, invalid
from reservo.booking.operations import OnlineBooking
from reservo.patients.fields import PatientFields

MOST_BODY_BYTES = 65_536
MOST_ID = 2**63 - 1
LONGEST = 4_000
LONGEST_KEY = 128
KEY_HEADER = "Idempotency-Key"
PATIENT_TEXTS = (
    *("given_name", "paternal_surname", "maternal_surname", "email", "phone", "national_id", "country"),
    *("address", "city", "insurer"),
)
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,6}0*)?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
COUNTRY = re.compile(r"[A-Za-z]{2}")
KEY = re.compile(rf"[!-~]([ -~]{{0,{LONGEST_KEY - 2}}}[!-~])?")


def body_read(request: HttpRequest) -> bytes:
    """Raises Problem 411, 413, 415 before anything of the body is looked at."""
    if request.content_type != "application/json":
        raise Problem(415, _("El cuerpo tiene que ser application/json"), Accept="application/json")
    if request.headers.get("Transfer-Encoding"):
        raise Problem(411, _("Falta el largo del cuerpo (Content-Length)"))
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > MOST_BODY_BYTES:
        raise Problem(413, _("El cuerpo es demasiado grande"))
    return request.body


def key_read(request: HttpRequest) -> str:
    """The Idempotency-Key, or nothing where none was sent. Raises Problem 422."""
    key = request.headers.get(KEY_HEADER)
    if key is not None and not KEY.fullmatch(key):
        message = _("De 1 a 128 caracteres ASCII visibles.")
        raise invalid(field_error(KEY_HEADER, "invalid", message))
    return key or ""


def number_asked(given: Mapping[str, str], name: str) -> int:
    """Raises Problem 422."""
    typed = given.get(name, "")
    if not typed:
        raise invalid(field_error(name, "required", _("Este dato hace falta.")))
    if not (typed.isascii() and typed.isdigit() and len(typed) < 20 and 0 < int(typed) <= MOST_ID):
        raise invalid(field_error(name, "invalid", _("Tiene que ser un identificador: un número.")))
    return int(typed)


def date_asked(given: Mapping[str, str], name: str) -> date:
    """Raises Problem 422."""
    typed = given.get(name, "")
    if not typed:
        raise invalid(field_error(name, "required", _("Este dato hace falta.")))
    found = _date(typed)
    if found is None:
        raise invalid(field_error(name, "invalid", _("Tiene que ser una fecha: AAAA-MM-DD.")))
    if not 2000 <= found.year <= 2100:
        raise invalid(field_error(name, "out_of_range", _("La fecha está demasiado lejos.")))
    return found


def booking_read(body: bytes, *, language: str) -> OnlineBooking:
    """Raises Problem 400, 422."""
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as broken:
        raise Problem(400, _("El cuerpo no es JSON")) from broken
    if not isinstance(given, dict):
        raise invalid(field_error("", "invalid", _("Tiene que ser un objeto.")))
    reader = _Reader(given)
    booking = OnlineBooking(
        branch_id=reader.number("branch") or 0,
        service_id=reader.number("service") or 0,
        practitioner_id=reader.number("practitioner", optional=True),
        starts_at=reader.instant("starts_at"),
        patient=reader.patient(),
        comment=reader.text(given, "comment", "comment"),
        privacy_accepted=reader.flag(given, "privacy_accepted", "privacy_accepted"),
        origin="api",
        language=language,
    )
    if reader.errors:
        raise invalid(*reader.errors)
    return booking


class _Reader:
    """Collects every error before anything is refused."""

    def __init__(self, body: dict[str, Any]):
        self.errors: list[dict[str, str]] = []
        self.body = body

    def _wrong(self, field: str, code: str, message: str) -> None:
        self.errors.append(field_error(field, code, message))

    def number(self, name: str, *, optional: bool = False) -> int | None:
        value = self.body.get(name)
        if value is None:
            if not optional:
                self._wrong(name, "required", _("Este dato hace falta."))
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MOST_ID:
            self._wrong(name, "invalid", _("Tiene que ser un identificador: un número."))
            return None
        return value

    def text(self, holder: dict[str, Any], name: str, path: str) -> str:
        value = holder.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self._wrong(path, "invalid", _("Tiene que ser un texto."))
            return ""
        if len(value) > LONGEST:
            self._wrong(path, "too_long", _("El texto es demasiado largo."))
            return ""
        return value

    def flag(self, holder: dict[str, Any], name: str, path: str) -> bool:
        value = holder.get(name)
        if value is not None and not isinstance(value, bool):
            self._wrong(path, "invalid", _("Tiene que ser true o false."))
        return value is True

    def instant(self, name: str) -> datetime:
        """UTC; offsets are the caller's choice, but there must be one."""
        value = self.body.get(name)
        found = _instant(value) if isinstance(value, str) else None
        if value is None:
            self._wrong(name, "required", _("Este dato hace falta."))
        elif found is None:
            message = _("Tiene que ser un instante con su desfase, como 2026-12-01T09:00:00-03:00.")
            self._wrong(name, "invalid", message)
        return found or datetime(2000, 1, 1, tzinfo=UTC)

    def patient(self) -> PatientFields:
        given = self.body.get("patient")
        if not isinstance(given, dict):
            code = "required" if given is None else "invalid"
            self._wrong("patient", code, _("Tiene que ser un objeto."))
            return PatientFields()
        values: dict[str, Any] = {name: self.text(given, name, f"patient.{name}") for name in PATIENT_TEXTS}
        if values["country"] and not COUNTRY.fullmatch(values["country"]):
            self._wrong("patient.country", "invalid", _("Tiene que ser un código de país de dos letras."))
        values["is_foreigner"] = self.flag(given, "foreigner", "patient.foreigner")
        values["birth_date"] = self._birth_date(given)
        return PatientFields(**values)

    def _birth_date(self, given: dict[str, Any]) -> date | None:
        """Asked for only where the centre's form shows it."""
        typed = self.text(given, "birth_date", "patient.birth_date")
        found = _date(typed)
        if typed and found is None:
            self._wrong("patient.birth_date", "invalid", _("Tiene que ser una fecha: AAAA-MM-DD."))
        return found


def _date(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed) if DATE.fullmatch(typed) else None
    except ValueError:
        return None


def _instant(value: str) -> datetime | None:
    if len(value) > 60 or not INSTANT.fullmatch(value):
        return None
    try:
        found = datetime.fromisoformat(value.upper())
    except ValueError:
        return None
    return found.astimezone(UTC) if 2000 < found.year < 2200 else None
