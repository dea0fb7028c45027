"""Refusals that keep visits to come in sight: what holds them cannot be taken away from under them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import get_language, ngettext

from reservo.catalog import uses
from reservo.core import text, zones
from reservo.core.clock import now


def refuse_if_visited(words: str, **where: int) -> None:
    """Raises ValidationError, with the first visit as a link, while visits to come are there."""
    visits = uses.coming(now(), **where)
    if visits:
        raise ValidationError(format_html("{} {}", words, first_of(visits)))


def first_of(visits: list[uses.Visit]) -> str:
    """`Hay 3 citas por venir; la primera: mar 1 dic, 09:30`, a link to it."""
    first = visits[0]
    label = text.day_and_clock(zones.local(first.starts_at, first.zone), (get_language() or "es")[:2])
    address = f"{reverse('agenda:index')}?dia={first.local_date}&sucursal={first.branch_id}&cita={first.id}"
    words = ngettext(
        "Hay %(count)d cita por venir; la primera:", "Hay %(count)d citas por venir; la primera:", len(visits)
    ) % {"count": len(visits)}
    return format_html('{} <a href="{}">{}</a>.', words, address, label)
