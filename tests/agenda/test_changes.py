"""Changing a visit: versions, the trail, what is announced, and taking it back."""

from datetime import UTC, datetime, timedelta

import pytest

from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment, AppointmentChange
from reservo.catalog.models import Practitioner, Room
from reservo.core.actor import Actor
from reservo.notifications import models as notices
from reservo.outbox.models import Event
from tests.agenda.conftest import assert_sound, taken_back
from tests.agenda.test_claims import book
from tests.cast import STAFF

NINE = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CAROLA = Actor("staff", 2, "Carola Soto", "agenda")
RULES = agenda.Leave(outside_rules=True)


@pytest.fixture
def cast(shared):
    with taken_back(shared):
        yield shared
        assert_sound()


def place(cast, minutes=0, **changes):
    wanted = {"starts_at": NINE + timedelta(minutes=minutes), "practitioner_id": cast.ana, "room_id": None}
    return agenda.Place(**{**wanted, **changes})


def move(appointment, to, *, by=STAFF, at=AT, leave=RULES, **more):
    return agenda.move(appointment.pk, to, leave=leave, by=by, at=at, **more)


def edit(appointment, *, by=STAFF, **changes):
    services = tuple(appointment.services.values_list("service_id", flat=True))
    facts = {"patient_id": appointment.patient_id, "service_ids": services, "comment": appointment.comment}
    return agenda.edit(appointment.pk, **{**facts, **changes}, leave=RULES, by=by, at=AT)


def last_line(appointment):
    return AppointmentChange.objects.filter(appointment=appointment).last()


def announced():
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_the_second_of_two_editors_is_told_and_nothing_is_overwritten(cast):
    made = book(cast)
    move(made, place(cast, 60), version=1, by=CAROLA)
    for again in (
        lambda: move(made, place(cast, 120), version=1),
        lambda: edit(made, comment="otro", version=1),
        lambda: agenda.change_state(made.pk, "confirmed", version=1, by=STAFF, at=AT),
    ):
        with pytest.raises(agenda.EditedMeanwhile) as refused:
            again()
        assert refused.value.change.actor_name == "Carola Soto"
    made.refresh_from_db()
    assert (made.starts_at, made.comment, made.state) == (NINE + timedelta(hours=1), "", "not_confirmed")


def test_the_trail_says_who_when_from_to_and_by_which_way(cast):
    made = book(cast)
    later = AT + timedelta(minutes=3)
    agenda.change_state(made.pk, "confirmed", by=Actor("patient", 4, "José Muñoz", "link"), at=later)
    line = last_line(made)
    assert (line.actor, line.actor_id, line.actor_name, line.channel) == ("patient", 4, "José Muñoz", "link")
    assert (line.at, line.action, line.before, line.after) == (
        *(later, "state", {"state": "not_confirmed"}, {"state": "confirmed"}),
    )


def test_a_move_keeps_both_times_and_asks_again_for_a_confirmation(cast):
    made = book(cast)
    agenda.change_state(made.pk, "confirmed", by=STAFF, at=AT)
    moved = move(made, place(cast, 60, practitioner_id=cast.beto))
    line = last_line(made)
    assert line.action == "moved"
    assert line.before == {
        "state": "confirmed",
        "starts_at": "2026-12-01T12:00:00+00:00",
        "ends_at": "2026-12-01T12:30:00+00:00",
        "practitioner": cast.ana,
    }
    assert line.after["practitioner"] == cast.beto
    assert (moved.state, moved.time_version, moved.local_minute) == ("not_confirmed", 2, 600)


def test_one_save_of_the_form_is_one_line_and_one_undo(cast):
    made = book(cast, comment="antes", patient_id=cast.patient)
    to = place(cast, 60, duration_minutes=45)
    edit(made, comment="después", service_ids=(cast.control,), to=to)
    assert made.changes.count() == 2
    line = last_line(made)
    assert set(line.after) == {"starts_at", "ends_at", "comment", "services"}
    back = agenda.undo(line.pk, by=STAFF, at=AT)
    assert (back.comment, back.starts_at, back.duration_minutes) == ("antes", NINE, 30)
    assert list(back.services.values_list("service_id", flat=True)) == [cast.consultation]
    assert (back.buffer_after_minutes, back.end_tick - back.first_tick) == (0, 6)


def test_a_save_that_changes_nothing_writes_nothing(cast):
    made = book(cast)
    before = announced()
    edit(made)
    move(made, place(cast, preferred_room_id=None))
    made.refresh_from_db()
    assert (made.version, made.changes.count(), announced()) == (1, 1, before)


def test_other_services_bring_their_buffers_and_are_refused_where_those_do_not_fit(cast):
    made = book(cast)
    edit(made, service_ids=(cast.control,))
    made.refresh_from_db()
    assert (made.buffer_after_minutes, made.end_tick - made.first_tick) == (10, 8)
    edit(made, service_ids=(cast.consultation,))
    book(cast, 30)
    with pytest.raises(agenda.TimeTaken):
        edit(made, service_ids=(cast.control,))


def test_a_room_is_kept_on_a_move_if_it_is_free_and_changed_if_not(cast):
    second = Room.objects.create(branch_id=cast.branch, name="Box 2", kind_id=cast.kind, position=9)
    made = book(cast, service_ids=(cast.procedure,), room_id=second.pk)
    assert move(made, place(cast, 60, preferred_room_id=second.pk)).room_id == second.pk
    book(cast, 180, practitioner_id=cast.beto, room_id=second.pk)
    assert move(made, place(cast, 180, preferred_room_id=second.pk)).room_id == cast.room


def test_an_undo_gives_the_time_back_only_while_it_is_free(cast):
    made = book(cast)
    move(made, place(cast, 60))
    book(cast, practitioner_id=cast.ana)
    with pytest.raises(agenda.TimeTaken):
        agenda.undo(last_line(made).pk, by=STAFF, at=AT)
    made.refresh_from_db()
    assert made.starts_at == NINE + timedelta(hours=1)


def test_an_overbooked_visit_may_be_put_back_above_the_other(cast):
    book(cast)
    above = book(cast, overbook=True)
    move(above, place(cast, 60))
    assert not Appointment.objects.get(pk=above.pk).is_overbooked
    assert agenda.undo(last_line(above).pk, by=STAFF, at=AT).is_overbooked


def test_an_undo_of_a_state_keeps_lane_and_time(cast):
    first, above = book(cast), book(cast, overbook=True)
    agenda.change_state(first.pk, "confirmed", by=STAFF, at=AT)
    back = agenda.undo(last_line(first).pk, by=STAFF, at=AT)
    above.refresh_from_db()
    assert (back.state, back.is_overbooked, above.is_overbooked) == ("not_confirmed", False, True)


@pytest.mark.parametrize(
    ("by", "minutes", "refused"), [(STAFF, 10, False), (STAFF, 11, True), (CAROLA, 0, True)]
)
def test_only_the_same_person_undoes_within_ten_minutes(cast, by, minutes, refused):
    made = book(cast)
    agenda.change_state(made.pk, "suspended", by=STAFF, at=AT)
    line = last_line(made)
    at = AT + timedelta(minutes=minutes)
    if refused:
        with pytest.raises(agenda.CannotUndo):
            agenda.undo(line.pk, by=by, at=at)
    else:
        assert agenda.undo(line.pk, by=by, at=at).state == "not_confirmed"
        assert (last_line(made).action, last_line(made).undoes) == ("undone", line)
        with pytest.raises(agenda.CannotUndo):
            agenda.undo(last_line(made).pk, by=by, at=at)


def test_taking_a_suspended_visit_up_again_checks_its_time_again(cast):
    made = book(cast)
    agenda.change_state(made.pk, "suspended", by=STAFF, at=AT)
    book(cast, 15)
    with pytest.raises(agenda.TimeTaken):
        agenda.change_state(made.pk, "not_confirmed", leave=RULES, by=STAFF, at=AT)
    with pytest.raises(agenda.OutsideRules):
        agenda.change_state(made.pk, "not_confirmed", by=STAFF, at=NINE + timedelta(days=1))


def test_booking_outside_the_rules_is_warned_of_and_marked(cast):
    Practitioner.objects.filter(pk=cast.beto).update(most_overbooked=0)
    cases = {
        "past": {"at": NINE + timedelta(minutes=5)},
        "not_working": {"starts_at": NINE + timedelta(hours=4, minutes=30)},
        "holiday": {"starts_at": datetime(2026, 12, 8, 13, 0, tzinfo=UTC)},
    }
    for reason, changes in cases.items():
        with pytest.raises(agenda.OutsideRules) as refused:
            book(cast, **{"outside_rules": False, **changes})
        assert reason in refused.value.reasons
        assert book(cast, **changes).is_outside_rules


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"starts_at": NINE + timedelta(minutes=3)}, "off_step"),
        ({"starts_at": NINE + timedelta(seconds=1)}, "off_step"),
        ({"duration_minutes": 7}, "bad_duration"),
        ({"duration_minutes": 725}, "bad_duration"),
        ({"duration_minutes": -30}, "bad_duration"),
        ({"starts_at": datetime(2027, 4, 4, 3, 30, tzinfo=UTC)}, "second_fold"),
        ({"starts_at": NINE + timedelta(days=3_000)}, "too_far"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused(cast, changes, code):
    with pytest.raises(agenda.BadTime) as refused:
        book(cast, **changes)
    assert refused.value.code == code


def test_staff_may_begin_on_any_five_minutes(cast):
    assert book(cast, 5).local_minute == 545


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("branch", {"branch_id": 99}),
        ("service", {"service_ids": (99,)}),
        ("practitioner", {"practitioner_id": 99}),
        ("room", {"room_id": 99}),
        ("patient", {"patient_id": 99}),
    ],
)
def test_what_does_not_exist_is_refused_by_name(cast, kind, changes):
    with pytest.raises(agenda.UnknownObject) as refused:
        book(cast, **changes)
    assert refused.value.kind == kind


def test_every_change_announces_one_event(cast):
    before = len(announced())
    made = book(cast)
    move(made, place(cast, 60))
    edit(made, comment="algo")
    agenda.change_state(made.pk, "arrived", by=STAFF, at=AT)
    agenda.undo(last_line(made).pk, by=STAFF, at=AT)
    assert announced()[before:] == [
        "AppointmentBooked",
        "AppointmentMoved",
        "AppointmentEdited",
        "AppointmentStateChanged",
        "AppointmentStateChanged",
    ]


PATIENT = Actor("patient", 1, "José Muñoz", "link")


def move_online(cast, made, minutes, *, time_version=1, by=PATIENT):
    rules = agenda.Booking(
        branch_id=cast.branch,
        service_ids=(cast.consultation,),
        practitioner_id=cast.ana,
        starts_at=NINE + timedelta(minutes=minutes),
        rules="online",
    )
    return agenda.move_online(made.pk, rules=rules, time_version=time_version, by=by, at=AT)


def test_a_visit_is_not_in_its_own_way(cast):
    made = book(cast)
    assert move_online(cast, made, 15).local_minute == 555


def test_a_patients_own_move_goes_to_offered_times_alone_and_keeps_the_confirmation(cast):
    made = book(cast)
    agenda.change_state(made.pk, "confirmed", by=PATIENT, at=AT)
    book(cast, 60)
    with pytest.raises(agenda.TimeTaken):
        move_online(cast, made, 60)
    for minutes in (7 * 60 + 10, 20 * 60):
        with pytest.raises(agenda.NotOffered):
            move_online(cast, made, minutes)
    moved = move_online(cast, made, 120)
    assert (moved.state, moved.time_version, moved.local_minute) == ("confirmed", 2, 660)
    assert Event.objects.order_by("pk").last().payload["by_patient"] is True
    with pytest.raises(agenda.EditedMeanwhile):
        move_online(cast, made, 180, time_version=1)
    agenda.change_state(made.pk, "arrived", by=STAFF, at=AT)
    with pytest.raises(agenda.AppointmentClosed):
        move_online(cast, made, 180, time_version=2)


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (lambda cast: book(cast, rules="online", origin="web"), "booked_online"),
        (
            lambda cast: agenda.change_state(
                book(cast, patient_id=cast.patient).pk,
                "confirmed",
                by=Actor("patient", cast.patient, "José", "link"),
                at=AT,
            ),
            "confirmed_by_patient",
        ),
        (
            lambda cast: agenda.change_state(
                book(cast).pk, "suspended", by=Actor("patient", 1, "José", "link"), at=AT
            ),
            "cancelled_by_patient",
        ),
        (lambda cast: move_online(cast, book(cast), 60), "moved_by_patient"),
        (lambda cast: agenda.change_state(book(cast).pk, "arrived", by=STAFF, at=AT), "arrived"),
        (lambda cast: book(cast), None),
        (lambda cast: agenda.change_state(book(cast).pk, "confirmed", by=STAFF, at=AT), None),
    ],
)
def test_the_bell_rings_for_what_patients_do_and_for_arrivals(cast, act, kind):
    act(cast)
    assert list(notices.Notice.objects.values_list("kind", flat=True)) == ([kind] if kind else [])
