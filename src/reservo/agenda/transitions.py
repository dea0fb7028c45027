"""From which state to which; what occupies time."""

from __future__ import annotations

from reservo.agenda.models import Appointment

State = Appointment.State

FREES_TIME = frozenset({State.SUSPENDED, State.DELETED, State.WAITLISTED})
LIVE = frozenset(
    {State.NOT_CONFIRMED, State.CONFIRMED, State.ARRIVED, State.READY, State.ATTENDED, State.NO_SHOW}
)
CANCELLED = frozenset({State.SUSPENDED, State.DELETED})
ORDER_OF_DAY = (State.NOT_CONFIRMED, State.CONFIRMED, State.ARRIVED, State.READY, State.ATTENDED)

ALLOWED: dict[str, frozenset[str]] = {
    State.NOT_CONFIRMED: frozenset(
        {
            State.CONFIRMED,
            State.ARRIVED,
            State.READY,
            State.ATTENDED,
            State.SUSPENDED,
            State.NO_SHOW,
            State.DELETED,
        }
    ),
    State.CONFIRMED: frozenset(
        {State.ARRIVED, State.READY, State.ATTENDED, State.SUSPENDED, State.NO_SHOW, State.DELETED}
    ),
    State.ARRIVED: frozenset({State.READY, State.ATTENDED}),
    State.READY: frozenset({State.ATTENDED}),
    State.ATTENDED: frozenset(),
    State.NO_SHOW: frozenset({State.ATTENDED}),
    State.SUSPENDED: frozenset({State.NOT_CONFIRMED, State.DELETED}),
    State.WAITLISTED: frozenset({State.NOT_CONFIRMED, State.DELETED}),
    State.DELETED: frozenset(),
}


class TransitionRefused(ValueError):
    """The table has no such change."""

    def __init__(self, before: str, after: str):
        super().__init__(f"{before} to {after}")
        self.before, self.after = before, after


class ReasonNeeded(ValueError):
    """This change is made only with a reason."""


def check(before: str, after: str, *, reason: str = "") -> None:
    """Raises TransitionRefused, ReasonNeeded."""
    if after not in ALLOWED[before]:
        raise TransitionRefused(before, after)
    if needs_reason(before, after) and not reason.strip():
        raise ReasonNeeded(after)


def needs_reason(before: str, after: str) -> bool:
    return before == State.NO_SHOW and after == State.ATTENDED


def retakes_time(before: str, after: str) -> bool:
    return before in FREES_TIME and after not in FREES_TIME


def frees_time(before: str, after: str) -> bool:
    return before not in FREES_TIME and after in FREES_TIME
