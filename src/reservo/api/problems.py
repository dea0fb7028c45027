"""Errors of the interface: RFC 9457 problem details."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpResponse


class Problem(Exception):
    """Answered as `application/problem+json`."""

    def __init__(
        self, status: int, title: str, *, errors: list[dict[str, str]] | None = None, **headers: str
    ):
        super().__init__(title)
        self.status, self.title, self.errors, self.headers = status, title, errors, headers

    def response(self) -> HttpResponse:
        content: dict[str, Any] = {"type": "about:blank", "title": self.title, "status": self.status}
        if self.errors is not None:
            content["errors"] = self.errors
        response = HttpResponse(
            orjson.dumps(content), status=self.status, content_type="application/problem+json"
        )
        for name, value in self.headers.items():
            response[name.replace("_", "-")] = value
        return response


def field_error(field: str, code: str, message: object) -> dict[str, str]:
    return {"field": field, "code": code, "message": str(message)}


def invalid(*errors: dict[str, str]) -> Problem:
    return Problem(422, "Unprocessable content", errors=list(errors))


def answer(content: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(orjson.dumps(content), status=status, content_type="application/json")
