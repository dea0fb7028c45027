"""Which visits to come stand outside the hours as they are now."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from reservo.catalog import hours, uses
from reservo.catalog.models import Branch


def visits_outside(at: datetime, **where: int) -> list[uses.Visit]:
    """Soonest first; `where` as in `uses.coming`. Five queries for each branch that has such visits."""
    by_branch: dict[int, list[uses.Visit]] = defaultdict(list)
    for visit in uses.coming(at, **where):
        by_branch[visit.branch_id].append(visit)
    branches = Branch.objects.in_bulk(list(by_branch))
    found = [
        visit for branch_id, visits in by_branch.items() for visit in _outside(branches[branch_id], visits)
    ]
    return sorted(found, key=lambda visit: visit.starts_at)


def _outside(branch: Branch, visits: list[uses.Visit]) -> list[uses.Visit]:
    people = {visit.practitioner_id for visit in visits if visit.practitioner_id}
    days = [visit.local_date for visit in visits]
    known = hours.load(branch, people, min(days), max(days))
    return [visit for visit in visits if not _is_inside(known, visit)]


def _is_inside(known: hours.Hours, visit: uses.Visit) -> bool:
    def covers(runs: list) -> bool:
        return any(run[0] <= visit.first_tick and visit.end_tick <= run[1] for run in runs)

    if known.branch is not None and not covers(known.branch):
        return False
    return visit.practitioner_id is None or covers(known.working.get(visit.practitioner_id, []))
