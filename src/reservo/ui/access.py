"""Every view carries an access rule; one that has none is refused by the middleware."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

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
