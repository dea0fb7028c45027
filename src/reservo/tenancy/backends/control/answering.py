"""Whether the control database answers, as this process knows it, and how long it is waited for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import OperationalError, connections

from reservo.tenancy.context import CONTROL_ALIAS
from reservo.tenancy.servers import Gate, StoreUnavailable

PATIENCE_SECONDS = 10.0
PATIENCE_OF_PAGES_SECONDS = 2.0
ASK_MS = 500
HOLD_OFF_SECONDS = 1.0

_T = TypeVar("_T")
_gate = Gate(hold_off_seconds=HOLD_OFF_SECONDS)
_asking = Gate(hold_off_seconds=HOLD_OFF_SECONDS)
_patience = PATIENCE_SECONDS


class ControlAway(OperationalError):
    """The control database does not answer, or broke off; what was asked of it may be asked again."""


def be_quick() -> None:
    """This process serves people: it would rather do without than wait."""
    global _patience
    _patience = PATIENCE_OF_PAGES_SECONDS


def patience() -> float:
    return _patience


def is_away() -> bool:
    return _gate.is_sick


def note_away() -> None:
    _gate.note_sick()


def note_well() -> None:
    _gate.note_well()


def through(connect: Callable[[], _T], *, is_full: Callable[[Exception], bool]) -> _T:
    """What `connect` gives; while the database is away one thread tries, the others are refused. Raises ControlAway."""
    try:
        return _gate.through(connect, is_full=is_full)
    except StoreUnavailable as away:
        raise ControlAway(_said(away.__cause__)) from (away.__cause__ or away)


def ask(read: Callable[[], _T]) -> _T:
    """For what somebody can do without for a while: waited for briefly, and not at all while another thread waits.

    Raises ControlAway.
    """
    connection: Any = connections[CONTROL_ALIAS]

    def briefly() -> _T:
        with connection.waiting_at_most(ASK_MS):
            return read()

    try:
        return _asking.through(briefly, is_full=lambda error: False)
    except StoreUnavailable as away:
        raise ControlAway(_said(away.__cause__)) from (away.__cause__ or away)


def _said(why: BaseException | None) -> str:
    return f"the control database does not answer{f': {why}' if why else ''}".strip()
