"""Transactions of one row each, over the centres in turn; our job in the same, or Celery's after it.

As on a web node, some threads do it at once. Run by either interpreter:
`python -m bench.peers.putting ours|theirs BEGIN END SLUG…`; it says when it is ready, and begins at the next line.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator

import django

THREADS = 4


def main(whose: str, begin: int, end: int, slugs: list[str]) -> None:
    django.setup()
    from reservo.tenancy import connections, directory

    routes = [directory.find(slug) for slug in slugs]
    put = _ours() if whose == "ours" else _theirs()
    numbers = iter(range(begin, end))
    taking = threading.Lock()

    def work() -> None:
        while (number := _next(numbers, taking)) is not None:
            put(routes[number % len(routes)])
        connections.close_all()

    for route in routes:
        _row(route, None)
    print("ready", flush=True)
    sys.stdin.readline()
    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _next(numbers: Iterator[int], taking: threading.Lock) -> int | None:
    with taking:
        return next(numbers, None)


def _row(route: object, job: Callable[[], None] | None) -> None:
    from reservo import tenancy
    from reservo.core.clock import now
    from reservo.notifications.models import Notice

    with tenancy.activate(route), tenancy.atomic():
        Notice.objects.create(kind="bench", at=now())
        if job:
            job()


def _ours() -> Callable[[object], None]:
    from bench import tasks
    from reservo import jobs
    from reservo.core.clock import now

    return lambda route: _row(route, lambda: jobs.put(tasks.nothing, at=now()))


def _theirs() -> Callable[[object], None]:
    from bench.peers.celery_app import nothing

    def put(route: object) -> None:
        _row(route, None)
        nothing.delay()

    return put


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
