"""How far the rows of a centre have been read; what came later was missed."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Subquery

from reservo.notifications.models import Notice
from reservo.outbox.models import Event
from reservo.tenancy.models import NamespaceEpoch

LONGEST = 40


@dataclass(frozen=True, slots=True)
class Mark:
    """A centre's newest notice and its newest change. On the wire `7.19`."""

    notice: int = 0
    change: int = 0

    def __str__(self) -> str:
        return f"{self.notice}.{self.change}"


def mark_of(text: str) -> Mark | None:
    """None if it is none; a notice alone is before every change."""
    notice, _, change = text.partition(".")
    if len(text) > LONGEST or not _is_number(notice):
        return None
    return Mark(int(notice), int(change) if _is_number(change) else -1)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def newest() -> Mark:
    """How far the active centre's rows are; one query, upon the row that every centre has."""
    notice, change = (
        Subquery(rows.order_by("-pk").values("pk")[:1]) for rows in (Notice.objects, Event.objects)
    )
    found = (
        NamespaceEpoch.objects.annotate(notice=notice, change=change).values_list("notice", "change").get()
    )
    return Mark(*(pk or 0 for pk in found))
