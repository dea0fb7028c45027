"""What went out into the world since a backup is not undone by restoring it.

A mail that was sent stays sent, a recurring job that fired for a day has fired, a number that was given is not given
again: such rows are carried from the present state into the restored one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Q

from reservo import tenancy
from reservo.fleet import rows, sequences
from reservo.jobs.models import Job, RecurringRun
from reservo.tenancy.models import Counter

MARGIN = timedelta(hours=1)
Since = Callable[[datetime], models.QuerySet]
_done_outside: dict[type[models.Model], tuple[Since, tuple[str, ...]]] = {}


def done_outside(model: type[models.Model], since: Since, *, identity: tuple[str, ...]) -> None:
    """Register: the rows of `since(moment)` tell of what was done outside; their present state is kept.

    `identity`: the columns by which a row is the same thing, whatever its key.
    """
    _done_outside[model] = (since, identity)


def carry(present: tenancy.Route, restored: tenancy.Route, *, data_of: datetime) -> dict[str, int]:
    """Both are closed to everybody else. How many rows of each table."""
    since = data_of - MARGIN
    with tenancy.activate(present):
        given = sequences.last_given()
        counters = list(Counter.objects.values_list("name", "value"))
        kept = {model: _read(model, query(since)) for model, (query, _) in _done_outside.items()}
        ended = list(_ended_jobs(since).values_list("pk", flat=True))
        firings = _read(RecurringRun, RecurringRun.objects.filter(fired_at__gte=since))
    with tenancy.activate(restored):
        sequences.raise_to(given)
    with tenancy.activate(restored), tenancy.atomic():
        for name, value in counters:
            _raise_counter(name, value)
        for model, found in kept.items():
            _make_way(model, found)
            rows.replace(model, [_key(model, row) for row in found], found)
        _add_firings(firings)
        for start in range(0, len(ended), 500):
            Job.objects.filter(pk__in=ended[start : start + 500]).delete()
    counted = {model._meta.db_table: len(found) for model, found in kept.items() if found}
    return counted | {"jobs_done_meanwhile": len(ended)}


def drop_work() -> int:
    """In a copy of a centre that goes on elsewhere: what waits is the other one's to do."""
    with tenancy.atomic():
        return Job.objects.filter(state__in=(Job.State.WAITING, Job.State.RUNNING)).delete()[0]


def _make_way(model: type[models.Model], found: list[rows.Row]) -> None:
    """The same thing under another key (planned again after a restore) gives way."""
    names, (_, identity) = rows.columns(model), _done_outside[model]
    keys = [_key(model, row) for row in found]
    here = {_key(model, row) for row in rows.with_keys(model, keys)}
    for row in found:
        if _key(model, row) not in here:
            values = dict(zip(names, row, strict=True))
            model._base_manager.filter(**{name: values[name] for name in identity}).delete()


def _read(model: type[models.Model], query: models.QuerySet) -> list[rows.Row]:
    """All columns of this release, also of a centre that has not got them all yet."""
    return list(query.values_list(*(field.attname for field in model._meta.concrete_fields)))


def _ended_jobs(since: datetime) -> models.QuerySet:
    return Job.objects.filter(Q(state__in=(Job.State.DONE, Job.State.DEAD)), finished_at__gte=since)


def _key(model: type[models.Model], row: rows.Row) -> Any:
    return row[rows.columns(model).index(rows.key_of(model))]


def _raise_counter(name: str, value: int) -> None:
    if not Counter.objects.filter(name=name).exists():
        Counter.objects.create(name=name, value=value)
    Counter.objects.filter(name=name, value__lt=value).update(value=value)


def _add_firings(found: list[rows.Row]) -> None:
    names = rows.columns(RecurringRun)
    for row in found:
        values = dict(zip(names, row, strict=True))
        RecurringRun.objects.get_or_create(
            job=values["job"],
            branch_id=values["branch_id"],
            local_date=values["local_date"],
            defaults={"fired_at": values["fired_at"]},
        )
