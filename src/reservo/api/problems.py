"""Errors of the interface: RFC 9457 problem details, in the caller's language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.translation import gettext as _


class Problem(Exception):
    """Answered as `application/problem+json`; a keyword argument is a header, `Retry_After` for `Retry-After`."""

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
        return _never_kept(response)


def not_allowed(methods: Iterable[str]) -> Problem:
    return Problem(405, _("Este método no se admite aquí"), Allow=", ".join(methods))


def field_error(field: str, code: str, message: object) -> dict[str, str]:
    return {"field": field, "code": code, "message": str(message)}


def invalid(*errors: dict[str, str]) -> Problem:
    return Problem(422, _("Hay datos que no se pueden aceptar"), errors=list(errors))


def answer(content: Any, status: int = 200) -> HttpResponse:
    found = HttpResponse(orjson.dumps(content), status=status, content_type="application/json")
    return _never_kept(found)


def _never_kept(response: HttpResponse) -> HttpResponse:
    """Times change by the second, and a booking's answer carries the link to the visit."""
    response["Cache-Control"] = "no-store"
    return response
