"""No view answers without a rule that says who may see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from reservo.ui import access


class NoAccessRule(RuntimeError):
    """A view carries no access rule; it answers nobody until it has one."""


class AccessRuleMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> None:
        if access.rule_of(view) is None:
            raise NoAccessRule(f"{view.__module__}.{view.__qualname__}")
