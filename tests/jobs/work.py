"""Tasks of the tests. Their effects are rows (counters) of the centre, or lists here for work outside of it."""

from __future__ import annotations

import time

from django.db.models import F

from reservo.jobs import task
from reservo.jobs.turns import NotDone
from reservo.tenancy.models import Counter

outside: list[str] = []
failing: dict[str, int] = {}


@task(name="test.count", transactional=True)
def count(name: str = "work", **firing: object) -> None:
    Counter.objects.get_or_create(name=name)
    Counter.objects.filter(name=name).update(value=F("value") + 1)


@task(name="test.count_then_fail", transactional=True, attempts=2)
def count_then_fail(name: str = "work") -> None:
    count.function(name)
    raise ZeroDivisionError("on purpose")


@task(name="test.outside", attempts=3)
def work_outside(word: str = "", seconds: float = 0.0) -> None:
    """Fails as often as `failing` says for this word."""
    time.sleep(seconds)
    if failing.get(word, 0) > 0:
        failing[word] -= 1
        raise ConnectionError("the other side is down")
    outside.append(word)


@task(name="test.bulk", bulk=True)
def bulk_outside(word: str = "", seconds: float = 0.0) -> None:
    work_outside.function(word, seconds)


@task(name="test.later")
def never_ready() -> None:
    raise NotDone("not yet")


def counted(name: str = "work") -> int:
    row = Counter.objects.filter(name=name).first()
    return row.value if row else 0
