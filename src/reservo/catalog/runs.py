"""Days in a row that are alike, such as a fortnight of holidays: kept day by day, shown and removed as one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet

from reservo.catalog.models import Holiday, WorkingException

Day = Holiday | WorkingException

MOST_DAYS = 60
ALIKE = {
    Holiday: ("branch_id", "name", "is_closed"),
    WorkingException: (
        "practitioner_id",
        "branch_id",
        "room_id",
        "kind",
        "starts_minute",
        "ends_minute",
        "reason",
    ),
}


@dataclass(slots=True)
class Run:
    """From `first` to the day of `last`, both included."""

    first: Day
    last: date

    def goes_on(self, day: date) -> bool:
        return day - self.last <= timedelta(days=1) and (day - self.first.date).days < MOST_DAYS


def runs(rows: Iterable[Day]) -> list[Run]:
    """Of rows in the order of their dates; in the order of their first days."""
    found: list[Run] = []
    latest: dict[tuple, Run] = {}
    for row in rows:
        about = tuple(alike(row).values())
        run = latest.get(about)
        if run and run.goes_on(row.date):
            run.last = row.date
        else:
            latest[about] = Run(row, row.date)
            found.append(latest[about])
    return found


def days_until(row: Day, last: date) -> QuerySet:
    """The row and those like it, up to that day."""
    return type(row).objects.filter(date__range=(row.date, last), **alike(row))


def alike(row: Day) -> dict[str, Any]:
    """All of it but its date."""
    return {name: getattr(row, name) for name in ALIKE[type(row)]}
