"""On which dates a branch is closed: public holidays of its country and region, and the centre's own."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

import holidays
from django.db.models import Q

from reservo.catalog.models import Branch, Holiday


@lru_cache(maxsize=512)
def public_holidays(country: str, region: str, year: int, language: str = "es") -> dict[date, str]:
    """Date to name, by the library's calendar; nothing for a country it does not know."""
    try:
        known = holidays.country_holidays(country, subdiv=region or None, years=year, language=language)
    except NotImplementedError:
        try:
            known = holidays.country_holidays(country, years=year, language=language)
        except NotImplementedError:
            return {}
    return dict(known.items())


def regions_of(country: str) -> list[tuple[str, str]]:
    """(code, name) of the regions whose holidays differ."""
    try:
        known = holidays.country_holidays(country)
    except NotImplementedError:
        return []
    names = {code: name for name, code in known.subdivisions_aliases.items()}
    return [(code, names.get(code, code)) for code in known.subdivisions]


def closed_dates(branch: Branch, first: date, last: date, language: str = "es") -> dict[date, str]:
    """Date to name of every closed date in [first, last]; one query."""
    own = Holiday.objects.filter(Q(branch=None) | Q(branch=branch), date__range=(first, last))
    rows = own.values_list("branch_id", "date", "name", "is_closed")
    return closed_among(branch, first, last, list(rows), language)


def closed_among(
    branch: Any, first: date, last: date, own: list[tuple[int | None, date, str, bool]], language: str = "es"
) -> dict[date, str]:
    """Public holidays and the centre's `own` rows (branch or None, date, name, is closed); a branch's word wins."""
    closed: dict[date, str] = {}
    if branch.keeps_holidays:
        for year in range(first.year, last.year + 1):
            named = public_holidays(branch.country, branch.region, year, language)
            closed.update({day: name for day, name in named.items() if first <= day <= last})
    for _, day, name, is_closed in sorted(own, key=lambda row: row[0] or 0):
        if is_closed:
            closed[day] = name
        else:
            closed.pop(day, None)
    return closed
