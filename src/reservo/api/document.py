"""The interface described: OpenAPI 3.1."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from reservo.ui.access import public

ID = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
TEXT = {"type": "string", "maxLength": 4000}
INSTANT = {"type": "string", "format": "date-time"}
TENANT = {
    "name": "tenant",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[a-z0-9-]{3,60}$"},
}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _answers(status: str, schema: str, *problems: str) -> dict[str, Any]:
    words = {
        "400": "Not JSON",
        "403": "Centre disabled",
        "404": "No such centre",
        "405": "Method not allowed",
    }
    words |= {"409": "Taken or held", "413": "Too large", "422": "Wrong fields", "429": "Too many requests"}
    words |= {"503": "In maintenance"}
    problem = {"application/problem+json": {"schema": _ref("Problem")}}
    found: dict[str, Any] = {
        status: {"description": "Done", "content": {"application/json": {"schema": _ref(schema)}}}
    }
    return found | {
        code: {"description": words[code], "content": problem}
        for code in (*problems, "403", "404", "429", "503")
    }


def _query(name: str, schema: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": schema}


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    schemas = {
        "Problem": _object(
            {"title": {"type": "string"}, "status": {"type": "integer"}},
            {
                "type": {"type": "string"},
                "detail": {"type": "string"},
                "errors": _list(
                    _object(
                        {
                            "field": {"type": "string"},
                            "code": {"type": "string"},
                            "message": {"type": "string"},
                        }
                    )
                ),
            },
        ),
        "Centre": _object(
            {
                "name": {"type": "string"},
                "zone": {"type": "string"},
                "language": {"type": "string"},
                "step_minutes": {"type": "integer"},
                "branches": _list(
                    _object({"id": ID, "name": {"type": "string"}, "zone": {"type": "string"}})
                ),
                "services": _list(
                    _object(
                        {
                            "id": ID,
                            "name": {"type": "string"},
                            "duration_minutes": {"type": "integer"},
                            "price_minor": {"type": "integer"},
                            "currency": {"type": "string"},
                            "branches": _list(ID),
                            "practitioners": _list(ID),
                        }
                    )
                ),
                "practitioners": _list(_object({"id": ID, "name": {"type": "string"}})),
                "form": _list(_object({"field": {"type": "string"}, "required": {"type": "boolean"}})),
            }
        ),
        "Availability": _object(
            {
                "zone": {"type": "string"},
                "days": _list(
                    _object(
                        {
                            "date": {"type": "string", "format": "date"},
                            "times": _list(_object({"starts_at": INSTANT, "practitioners": _list(ID)})),
                        }
                    )
                ),
            }
        ),
        "Booking": _object(
            {
                "service": ID,
                "branch": ID,
                "starts_at": INSTANT,
                "patient": _object(
                    {},
                    {
                        **dict.fromkeys(
                            (
                                *("given_name", "paternal_surname", "maternal_surname", "email", "phone"),
                                *("national_id", "country", "address", "city", "insurer"),
                            ),
                            TEXT,
                        ),
                        "foreigner": {"type": "boolean"},
                    },
                ),
                "privacy_accepted": {"type": "boolean"},
            },
            {"practitioner": {"anyOf": [ID, {"type": "null"}]}, "comment": TEXT},
        ),
        "Appointment": _object(
            {
                "number": ID,
                "starts_at": INSTANT,
                "ends_at": INSTANT,
                "zone": {"type": "string"},
                "branch": ID,
                "service": ID,
                "practitioner": ID,
                "links": _object({"manage": {"type": "string"}, "ics": {"type": "string"}}),
            }
        ),
    }
    base = "/api/v1/public/{tenant}"
    day = {"type": "string", "format": "date"}
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "schema": {"type": "string", "maxLength": 128},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Reservo", "version": "1"},
        "servers": [{"url": settings.RESERVO_PUBLIC_URL}],
        "paths": {
            base: {
                "get": {
                    "operationId": "centre",
                    "summary": "What is bookable online",
                    "parameters": [TENANT],
                    "responses": _answers("200", "Centre"),
                }
            },
            f"{base}/availability": {
                "get": {
                    "operationId": "availability",
                    "summary": "Offered times, by local date",
                    "parameters": [
                        TENANT,
                        _query("service", ID),
                        _query("branch", ID),
                        _query("practitioner", ID, required=False),
                        _query("from", day),
                        _query("to", day),
                    ],
                    "responses": _answers("200", "Availability", "422"),
                }
            },
            f"{base}/appointments": {
                "post": {
                    "operationId": "book",
                    "summary": "Book an offered time",
                    "parameters": [TENANT, key],
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": _ref("Booking")}},
                    },
                    "responses": _answers("201", "Appointment", "400", "409", "413", "422"),
                }
            },
        },
        "components": {"schemas": schemas},
    }


@require_safe
@public
def openapi(request: HttpRequest) -> HttpResponse:
    return HttpResponse(orjson.dumps(document()), content_type="application/json")
