"""Small writes at a fixed rate, each to one of these centres in turn, as a node makes them: a moved one is found again.

`python -m bench.writing RATE SLUG…` writes until its standard input ends; then it says what it acknowledged by centre,
and how long the slowest took, as one line of JSON.
"""

from __future__ import annotations

import itertools
import json
import select
import sys
import time
from collections import Counter

import django

KIND = "bench-write"
PATIENCE_SECONDS = 2.0


def main(rate: float, slugs: list[str]) -> None:
    django.setup()
    made: Counter[str] = Counter()
    slowest = 0.0
    print("ready", flush=True)
    began = time.monotonic()
    for number, slug in enumerate(itertools.cycle(slugs)):
        if _is_over(began + number / rate - time.monotonic()):
            break
        start = time.monotonic()
        if _write(slug):
            made[slug] += 1
        slowest = max(slowest, time.monotonic() - start)
    print(json.dumps({"made": made, "slowest": slowest}), flush=True)


def _is_over(wait: float) -> bool:
    """Waits until the next write is due; whether it is not wanted any more."""
    return bool(select.select([sys.stdin], [], [], max(wait, 0))[0])


def _write(slug: str) -> bool:
    """One row; after a move, at the new place. False if the centre was paused for longer than a request waits."""
    from reservo import tenancy
    from reservo.core.clock import now
    from reservo.notifications.models import Notice
    from reservo.tenancy import directory
    from reservo.tenancy.backends.guard import StaleEpoch

    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        route = directory.find(slug)
        if route is None:
            raise LookupError(slug)
        try:
            with tenancy.activate(route), tenancy.atomic():
                Notice.objects.create(kind=KIND, at=now())
            return True
        except StaleEpoch:
            directory.await_change(route, seconds=PATIENCE_SECONDS)
            directory.forget(slug)
    return False


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
