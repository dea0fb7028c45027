"""Centres that were nudged for, and the rest each has after its turn while many of them have work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

LONGEST_REST_SECONDS = 1.0
REST_PER_CENTRE_SECONDS = 0.01
QUIET_SECONDS = 0.05
MOST_REMEMBERED = 10_000


class Nudges:
    """Shared by the threads of a worker; each nudged centre is handed to one of them."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: dict[int, None] = {}
        self._visited: dict[int, float] = {}
        self._heard = 0.0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, tenant_id: int) -> None:
        with self._lock:
            self._waiting[tenant_id] = None
            self._heard = self._clock()

    def pop(self) -> int | None:
        """The centre that has waited longest of those that do not rest."""
        with self._lock:
            rested = self._rested_before()
            for tenant_id in self._waiting:
                if self._visited.get(tenant_id, 0.0) < rested:
                    del self._waiting[tenant_id]
                    return tenant_id
        return None

    def rests(self, tenant_id: int) -> bool:
        with self._lock:
            return self._visited.get(tenant_id, 0.0) >= self._rested_before()

    def visited(self, tenant_id: int) -> None:
        """Its turn begins, and with it its rest."""
        with self._lock:
            if len(self._visited) >= MOST_REMEMBERED:
                self._visited.clear()
            self._visited[tenant_id] = self._clock()

    def _rested_before(self) -> float:
        """Whoever was visited before this may have a turn.

        The jobs that come in during a rest share a commit. Nobody rests once no more are put.
        """
        at = self._clock()
        if at - self._heard > QUIET_SECONDS:
            return at
        return at - min(LONGEST_REST_SECONDS, REST_PER_CENTRE_SECONDS * (len(self._waiting) - 1))
