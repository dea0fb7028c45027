"""What the things in the trail are called now; upper apps say so of what is theirs."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Model

from reservo.staff.models import Role, StaffMember

Names = dict[tuple[str, str], str]
_models: dict[str, type[Model]] = {"role": Role, "staff": StaffMember}


def names_of(**models: type[Model]) -> None:
    """Things of that kind are rows of that model, and their words are its `str`."""
    _models.update(models)


def names(things: Iterable[tuple[str, str]]) -> Names:
    """(kind, id) to name, of those that are still there: a query for each kind."""
    wanted: dict[str, set[int]] = {}
    for kind, number in things:
        if kind in _models and number.isascii() and number.isdigit():
            wanted.setdefault(kind, set()).add(int(number))
    return {
        (kind, str(row.pk)): str(row)
        for kind, numbers in wanted.items()
        for row in _models[kind].objects.filter(pk__in=numbers)
    }
