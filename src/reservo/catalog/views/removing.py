"""Days that are taken out of a list, and the offer to put them back."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.dateparse import parse_date
from django.utils.translation import ngettext

from reservo.catalog.forms.days import typed_again
from reservo.catalog.runs import Day, days_until


def remove_days(request: HttpRequest, row: Day, *, back: str) -> None:
    """Those from `row` to the posted last day; `back` is where they are added, and may be again."""
    last = _last_day(request, row)
    typed = typed_again(row, last)
    days_until(row, last).delete()
    count = (last - row.date).days + 1
    words = ngettext("Día quitado.", "%(count)d días quitados.", count) % {"count": count}
    offer = {"words": words, "back": back, "typed": typed}
    messages.success(request, render_to_string("catalog/_removed.html", offer, request))


def _last_day(request: HttpRequest, row: Day) -> date:
    try:
        typed = parse_date(request.POST.get("until", ""))
    except ValueError:
        typed = None
    return max(typed or row.date, row.date)
