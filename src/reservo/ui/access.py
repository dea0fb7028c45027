"""Every view carries an access rule; one that has none is refused by the middleware."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.http import HttpRequest

_View = TypeVar("_View", bound=Callable[..., Any])

PUBLIC = "public"


def rule(name: str) -> Callable[[_View], _View]:
    """Mark a view with the name of the rule that guards it (the guard itself is the caller's)."""

    def mark(view: _View) -> _View:
        view.access_rule = name  # type: ignore[attr-defined]
        return view

    return mark


def public(view: _View) -> _View:
    """Anybody may open this view; it shows nothing of anybody who has not given a proof of their own."""
    return rule(PUBLIC)(view)


def rule_of(view: Callable[..., Any]) -> str | None:
    return getattr(view, "access_rule", None)


def page_of(request: HttpRequest) -> str:
    """Where to come back to after a log-in: of a form, the page it stood in; its own address may be none."""
    stood_in = urlsplit(request.headers.get("Referer", ""))
    if request.method in ("GET", "HEAD") or stood_in.netloc != request.get_host():
        return request.get_full_path()
    return f"{stood_in.path}?{stood_in.query}" if stood_in.query else stood_in.path
