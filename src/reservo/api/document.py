"""The interface described: OpenAPI 3.1."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from reservo.api.problems import answer, not_allowed
from reservo.api.reading import LONGEST, LONGEST_KEY, MOST_ID, PATIENT_TEXTS
from reservo.booking.operations.online import MOST_COMMENT
from reservo.patients.models import Patient
from reservo.ui.access import public

BASE = "/api/v1/public/{tenant}"
ID = {"type": "integer", "minimum": 1, "maximum": MOST_ID}
WORD = {"type": "string"}
COUNT = {"type": "integer"}
INSTANT = {"type": "string", "format": "date-time"}
DAY = {"type": "string", "format": "date"}
YES = {"type": "boolean"}
PROBLEMS = {
    "400": "The body is not JSON",
    "403": "The centre is disabled",
    "404": "There is no such centre",
    "405": "Method not allowed",
    "409": "The time is taken or held",
    "411": "A body without Content-Length",
    "413": "The body is too large",
    "415": "The body is not application/json",
    "422": "Fields that cannot be accepted, each with its code and a message in the caller's language",
    "429": "Too many requests from this address, or too many bookings of this centre in an hour",
    "503": "The centre is in maintenance",
}
EVERYWHERE = ("403", "404", "405", "429", "503")


@public
def openapi(request: HttpRequest) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return not_allowed(("GET", "HEAD")).response()
    return answer(document())


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Reservo",
            "version": "1",
            "summary": "What a centre offers online, its free times, and booking one.",
            "description": "Messages are in Spanish or English, by Accept-Language. Times are instants with "
            "their offset; dates are local to the branch.",
        },
        "servers": [{"url": settings.RESERVO_PUBLIC_URL}],
        "paths": {
            BASE: {"get": _operation("centre", "What is bookable online", "Centre")},
            f"{BASE}/availability": {
                "get": _operation(
                    "availability",
                    "Offered times, every local date once",
                    "Availability",
                    "422",
                    parameters=_question(),
                )
            },
            f"{BASE}/appointments": {"post": _booking_operation()},
        },
        "components": {"schemas": {**_read_schemas(), **_booking_schemas()}},
    }


def _operation(
    name: str,
    summary: str,
    schema: str,
    *problems: str,
    parameters: list[Any] | None = None,
    status: str = "200",
) -> dict[str, Any]:
    tenant = {
        "name": "tenant",
        "in": "path",
        "required": True,
        "description": "the centre's word in addresses",
    }
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [
            {**tenant, "schema": {"type": "string", "pattern": "^[a-z0-9-]{3,60}$"}},
            *(parameters or []),
        ],
        "responses": {
            status: _done(schema),
            **{code: _problem(code) for code in sorted((*EVERYWHERE, *problems))},
        },
    }


def _done(schema: str) -> dict[str, Any]:
    return {"description": "Done", "content": {"application/json": {"schema": _ref(schema)}}}


def _problem(code: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": PROBLEMS[code],
        "content": {"application/problem+json": {"schema": _ref("Problem")}},
    }
    if code in ("429", "503"):
        seconds = {"type": "integer", "minimum": 1}
        found["headers"] = {"Retry-After": {"description": "seconds", "schema": seconds}}
    return found


def _question() -> list[dict[str, Any]]:
    asked = (("service", ID, True), ("branch", ID, True), ("practitioner", ID, False), ("from", DAY, True))
    last = {"name": "to", "in": "query", "required": True, "schema": DAY}
    return [
        *({"name": name, "in": "query", "required": must, "schema": kind} for name, kind, must in asked),
        {**last, "description": "included; at most 62 days in all"},
    ]


def _booking_operation() -> dict[str, Any]:
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "kept for 24 hours with the answer, if that was 201; the same request again gets it again",
        "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"},
    }
    problems = ("400", "409", "411", "413", "415", "422")
    made = _operation(
        "book", "Book an offered time", "Appointment", *problems, parameters=[key], status="201"
    )
    return made | {
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref("Booking")}}}
    }


def _read_schemas() -> dict[str, Any]:
    service = {"id": ID, "name": WORD, "duration_minutes": COUNT, "price_minor": COUNT, "currency": WORD}
    lists = {"branches": _list(ID), "practitioners": _list(ID)}
    return {
        "Problem": _object(
            {"type": WORD, "title": WORD, "status": COUNT},
            {"detail": WORD, "errors": _list(_object({"field": WORD, "code": WORD, "message": WORD}))},
        ),
        "Centre": _object(
            {
                "name": WORD,
                "zone": WORD,
                "language": WORD,
                "step_minutes": COUNT,
                "branches": _list(_object({"id": ID, "name": WORD, "zone": WORD})),
                "services": _list(_object({**service, **lists})),
                "practitioners": _list(_object({"id": ID, "name": WORD})),
                "form": _list(_object({"field": WORD, "required": YES})),
            }
        ),
        "Availability": _object(
            {
                "zone": WORD,
                "days": _list(
                    _object(
                        {
                            "date": DAY,
                            "times": _list(_object({"starts_at": INSTANT, "practitioners": _list(ID)})),
                        }
                    )
                ),
            }
        ),
    }


def _booking_schemas() -> dict[str, Any]:
    patient = {name: _or_null(_text(_longest(name))) for name in PATIENT_TEXTS}
    patient |= {"given_name": _text(_longest("given_name")), "foreigner": _or_null(YES)}
    patient |= {"birth_date": _or_null(DAY)}
    booking = {"service": ID, "branch": ID, "starts_at": INSTANT, "patient": _object({}, patient)}
    booking["patient"]["required"] = ["given_name"]
    return {
        "Booking": _object(
            {**booking, "privacy_accepted": {"const": True}},
            {"practitioner": _or_null(ID), "comment": _or_null(_text(MOST_COMMENT))},
        ),
        "Appointment": _object(
            {
                "number": ID,
                "starts_at": INSTANT,
                "ends_at": INSTANT,
                "zone": WORD,
                "branch": ID,
                "service": ID,
                "practitioner": ID,
                "links": _object({"manage": WORD, "ics": WORD}),
            }
        ),
    }


def _longest(name: str) -> int:
    return Patient._meta.get_field(name).max_length or LONGEST


def _text(longest: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": longest}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
