"""The table of states, by hand and by a machine that tries everything in any order."""

import os
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from reservo.agenda import operations as agenda
from reservo.agenda import transitions
from reservo.agenda.models import Appointment, AppointmentChange, Claim
from reservo.core.actor import Actor
from reservo.outbox.models import Event
from tests.agenda.conftest import assert_sound, taken_back
from tests.cast import STAFF

State = Appointment.State
NINE = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CAROLA = Actor("staff", 2, "Carola Soto", "agenda")
PATIENT = Actor("patient", 7, "José Muñoz", "link")
ROBOT = Actor("system", None, "", "job")

# PRODUCT's sentence on states, written once more and otherwise.
DAY = ["not_confirmed", "confirmed", "arrived", "ready", "attended"]
TABLE = {(before, after) for n, before in enumerate(DAY) for after in DAY[n + 1 :]}
TABLE |= {(before, after) for before in DAY[:2] for after in ("suspended", "no_show", "deleted")}
TABLE |= {("no_show", "attended"), ("suspended", "not_confirmed"), ("waitlisted", "not_confirmed")}
TABLE |= {("suspended", "deleted"), ("waitlisted", "deleted")}


@pytest.mark.parametrize("before", State.values)
@pytest.mark.parametrize("after", State.values)
def test_only_the_changes_of_the_table_are_made(before, after):
    if (before, after) in TABLE:
        transitions.check(before, after, reason="vino tarde")
    else:
        with pytest.raises(transitions.TransitionRefused):
            transitions.check(before, after, reason="vino tarde")


def test_a_missed_visit_becomes_attended_only_with_a_reason():
    with pytest.raises(transitions.ReasonNeeded):
        transitions.check(State.NO_SHOW, State.ATTENDED, reason=" ")
    transitions.check(State.NO_SHOW, State.ATTENDED, reason="se registró mal")


class Visits(RuleBasedStateMachine):
    """One visit, three people who change it, and another visit that wants its time."""

    cast = None

    def __init__(self):
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(taken_back(self.cast))
        self.at = AT
        self.other = None

    def teardown(self):
        self.stack.close()

    @initialize()
    def book(self):
        self.visit = self._book()
        self.state, self.version, self.lines = "not_confirmed", 1, 1
        self.start = NINE
        # What an undo would give back; None when there is nothing to undo. Undone, a new visit is deleted.
        self.last = {"by": STAFF, "at": self.at, "state": "deleted", "start": NINE}

    def _book(self):
        booking = agenda.Booking(
            branch_id=self.cast.branch,
            service_ids=(self.cast.consultation,),
            practitioner_id=self.cast.ana,
            starts_at=NINE,
            outside_rules=True,
        )
        return agenda.book(booking, by=STAFF, at=self.at)

    def time_is_free(self):
        return not (self.other and self.other_state not in transitions.FREES_TIME and self.start == NINE)

    @rule(
        to=st.sampled_from(State.values),
        by=st.sampled_from([STAFF, CAROLA, PATIENT, ROBOT]),
        reason=st.sampled_from(["", "  ", "se registró mal"]),
        stale=st.sampled_from([0, 0, 0, 1]),
    )
    def change(self, to, by, reason, stale):
        def act():
            return agenda.change_state(
                self.visit.pk,
                to,
                version=self.version - stale,
                reason=reason,
                leave=agenda.Leave(outside_rules=True),
                by=by,
                at=self.at,
            )

        if stale:
            self.refused(agenda.EditedMeanwhile, act)
        elif (self.state, to) not in TABLE:
            self.refused(agenda.TransitionRefused, act)
        elif (self.state, to) == ("no_show", "attended") and not reason.strip():
            self.refused(agenda.ReasonNeeded, act)
        elif self.state in transitions.FREES_TIME and to == "not_confirmed" and not self.time_is_free():
            self.refused(agenda.TimeTaken, act)
        else:
            act()
            self.wrote(by, "state", self.state, self.start)
            self.state = to

    @rule(hours=st.integers(0, 3), by=st.sampled_from([STAFF, CAROLA]))
    def move(self, hours, by):
        to = NINE + timedelta(hours=hours)

        def act():
            place = agenda.Place(starts_at=to, practitioner_id=self.cast.ana, room_id=None)
            leave = agenda.Leave(outside_rules=True)
            agenda.move(self.visit.pk, place, version=self.version, leave=leave, by=by, at=self.at)

        before, self.start = self.start, to
        if self.state in transitions.FREES_TIME:
            self.refused(agenda.AppointmentClosed, act)
        elif not self.time_is_free():
            self.refused(agenda.TimeTaken, act)
        else:
            act()
            if before != to:
                self.wrote(by, "moved", self.state, before)
                self.state = "not_confirmed" if self.state == "confirmed" else self.state
            return
        self.start = before

    @rule(by=st.sampled_from([STAFF, CAROLA, PATIENT, ROBOT]))
    def undo(self, by):
        change = AppointmentChange.objects.filter(appointment=self.visit).last()

        def act():
            agenda.undo(change.pk, by=by, at=self.at)

        fresh = self.last and self.at - self.last["at"] <= timedelta(minutes=10)
        if not fresh or by != self.last["by"] or by.id is None:
            self.refused(agenda.CannotUndo, act)
            return
        before = self.start
        self.start = self.last["start"]
        if self.last["state"] not in transitions.FREES_TIME and not self.time_is_free():
            self.start = before
            self.refused(agenda.TimeTaken, act)
            return
        act()
        self.state = self.last["state"]
        self.version, self.lines, self.last = self.version + 1, self.lines + 1, None

    @rule()
    def an_old_change_is_never_undone(self):
        first = AppointmentChange.objects.filter(appointment=self.visit).first()
        if self.lines > 1:
            self.refused(agenda.CannotUndo, lambda: agenda.undo(first.pk, by=STAFF, at=self.at))

    @rule(minutes=st.sampled_from([1, 5, 10, 11]))
    def time_passes(self, minutes):
        self.at += timedelta(minutes=minutes)

    @precondition(lambda self: self.other is None)
    @rule()
    def somebody_wants_the_time(self):
        taken = self.state not in transitions.FREES_TIME and self.start == NINE
        if taken:
            self.refused(agenda.TimeTaken, self._book)
        else:
            self.other = self._book()
            self.other_state = "not_confirmed"

    def refused(self, error, act):
        events = Event.objects.count()
        with pytest.raises(error):
            act()
        assert Event.objects.count() == events

    def wrote(self, by, action, state, start):
        self.version, self.lines = self.version + 1, self.lines + 1
        self.last = {"by": by, "at": self.at, "state": state, "start": start}
        line = AppointmentChange.objects.filter(appointment=self.visit).last()
        assert (line.action, line.actor, line.actor_id, line.channel, line.at) == (
            *(action, by.kind, by.id, by.channel, self.at),
        )

    @invariant()
    def the_row_the_trail_and_the_claims_agree(self):
        if not hasattr(self, "visit"):
            return
        row = Appointment.objects.get(pk=self.visit.pk)
        assert (row.state, row.version, row.starts_at) == (self.state, self.version, self.start)
        assert row.changes.count() == self.lines
        assert Claim.objects.filter(appointment=row).exists() is (self.state not in transitions.FREES_TIME)
        assert_sound()


@pytest.mark.timeout(1800)
def test_no_order_of_changes_moves_and_undos_breaks_the_table(shared):
    Visits.cast = shared
    many = 500 if os.environ.get("RESERVO_FULL") else 20
    run_state_machine_as_test(
        Visits, settings=settings(max_examples=many, stateful_step_count=25, deadline=None)
    )
