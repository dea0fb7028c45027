"""What the control plane said lately of people who are at work, for the minute in which it may be away.

Kept by each process for itself. It counts only while the control database does not answer: whoever was logged out, or
is no member any more, is so at the first request after that.
"""

from __future__ import annotations

import copy
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from reservo.tenancy.backends.control import answering
from reservo.tenancy.backends.control.answering import ControlAway

NOTICING_SECONDS = 10.0  # until it is known that the control database is away, and that it is back
KEPT_SECONDS = 60.0 + NOTICING_SECONDS
MOST_KEPT = 20_000

_T = TypeVar("_T")


class Proofs(Generic[_T]):
    """Answers by what was asked; the oldest go first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, _T]] = OrderedDict()

    def ask(self, asked: str, read: Callable[[], _T]) -> _T:
        """What the control database says; while it is away, what it said within the last minute. Raises ControlAway."""
        try:
            found = answering.ask(read)
        except ControlAway:
            kept = self._kept.get(_scrambled(asked))
            if kept is None or time.monotonic() - kept[0] > KEPT_SECONDS:
                raise
            return copy.deepcopy(kept[1])
        self._keep(_scrambled(asked), time.monotonic(), copy.deepcopy(found))
        return found

    def amend(self, asked: str, answer: _T) -> bool:
        """Another answer from now on, as old as the one that is kept; False if none is."""
        with self._lock:
            kept = self._kept.get(_scrambled(asked))
            if kept is not None:
                self._kept[_scrambled(asked)] = (kept[0], answer)
        return kept is not None

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()

    def _keep(self, key: str, at: float, found: _T) -> None:
        """Nothing is no proof."""
        with self._lock:
            self._kept.pop(key, None)
            if found:
                self._kept[key] = (at, found)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)


sessions: Proofs[dict[str, Any]] = Proofs()
users: Proofs[Any] = Proofs()


def forget() -> None:
    sessions.forget()
    users.forget()


def _scrambled(asked: str) -> str:
    return hashlib.sha256(asked.encode()).hexdigest()
