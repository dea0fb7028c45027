"""Which mail follows from which change of a visit, when it leaves, and that nothing follows a cancellation."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reservo import tenancy
from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment
from reservo.agenda.operations.changes import Place
from reservo.booking.operations import own
from reservo.core.actor import Actor
from reservo.core.clock import now
from reservo.crm.models import AutomaticMail
from reservo.notifications.models import Delivery
from reservo.patients.models import Patient
from tests.cast import STAFF

DELAY = timedelta(minutes=5)
State = Appointment.State


def kinds(cast) -> list[tuple[str, str]]:
    with cast.active():
        return list(Delivery.objects.order_by("id").values_list("kind", "state"))


def change(cast, visit, to, *, tell=False, by=STAFF):
    with cast.active():
        return agenda.change_state(visit.pk, to, tell_patient=tell, by=by, at=now())


def move(cast, visit, to, *, tell=False):
    with cast.active():
        place = Place(starts_at=to, practitioner_id=cast.ana, room_id=None)
        leave = agenda.Leave(outside_rules=True)
        return agenda.move(visit.pk, place, tell_patient=tell, leave=leave, by=STAFF, at=now())


def rules(cast, **changes) -> None:
    with cast.active(), tenancy.atomic():
        AutomaticMail.objects.update(**changes)


def subjects(mails) -> list[str]:
    return [message["Subject"] for message in mails]


def test_the_confirmation_leaves_five_minutes_after_the_booking(centre, monday, post, at_time):
    centre.book(monday)
    at_time.forward(minutes=4, seconds=50)
    assert post.work(centre) == []
    at_time.forward(seconds=15)
    (mail,) = post.work(centre)
    assert mail["Subject"].startswith("Tu cita: lun ")
    assert mail["To"] == "José <jose@paciente.example>"
    assert post.work(centre) == []


def test_the_delay_is_the_centres_own(centre, monday, post, at_time):
    rules(centre, confirmation_delay_minutes=0)
    centre.book(monday)
    assert len(post.work(centre)) == 1


def test_a_centre_without_confirmations_sends_none(centre, monday, post, at_time):
    rules(centre, confirmation_on=False)
    centre.book(monday)
    at_time.forward(minutes=6)
    assert post.work(centre) == []
    assert kinds(centre) == []


def test_the_centre_gets_its_copy_without_the_patients_links(centre, monday, post, at_time):
    rules(centre, copy_to="recepcion@centro.example")
    centre.book(monday)
    at_time.forward(minutes=6)
    first, copy = post.work(centre)
    assert post.recipients == ["jose@paciente.example", "recepcion@centro.example"]
    assert copy["Subject"].startswith("Copia: José")
    body = copy.get_body(("plain",)).get_content()
    assert "/v/" not in body
    assert "/agenda/" in body
    assert "/v/" in first.get_body(("plain",)).get_content()


def test_cancelled_within_the_delay_no_confirmation_leaves(centre, monday, post, at_time):
    visit = centre.book(monday)
    change(centre, visit, State.SUSPENDED)
    at_time.forward(minutes=6)
    assert post.work(centre) == []
    assert kinds(centre) == [("confirmation", "withdrawn")]


def test_moved_within_the_delay_one_confirmation_tells_the_new_time(centre, monday, post, at_time):
    visit = centre.book(monday)
    move(centre, visit, monday + timedelta(hours=2), tell=True)
    at_time.forward(minutes=6)
    (mail,) = post.work(centre)
    assert ", 12:00" in mail["Subject"]
    assert kinds(centre) == [("confirmation", "accepted")]


@pytest.mark.parametrize("tell", [True, False])
def test_moved_by_staff_the_patient_is_told_if_staff_choose_so(centre, monday, post, at_time, tell):
    visit = centre.book(monday)
    at_time.forward(minutes=6)
    post.work(centre)
    move(centre, visit, monday + timedelta(hours=2), tell=tell)
    mails = post.work(centre)
    assert [subject.split(":")[0] for subject in subjects(mails)] == ["Tu cita cambió"] * tell


def test_two_moves_before_the_first_notice_leaves_are_told_once_with_the_last_time(
    centre, monday, post, at_time
):
    visit = centre.book(monday)
    at_time.forward(minutes=6)
    post.work(centre)
    move(centre, visit, monday + timedelta(hours=2), tell=True)
    move(centre, visit, monday + timedelta(hours=3), tell=True)
    (mail,) = post.work(centre)
    assert ", 13:00" in mail["Subject"]


def test_the_patients_own_move_and_cancellation_are_always_answered(centre, monday, post, at_time):
    visit = centre.book(monday)
    at_time.forward(minutes=6)
    post.work(centre)
    with centre.active():
        moved = own.move_own(
            Appointment.objects.get(pk=visit.pk), monday + timedelta(hours=1), time_version=1, at=now()
        )
    assert [subject.split(":")[0] for subject in subjects(post.work(centre))] == ["Tu cita cambió"]
    with centre.active():
        own.cancel_own(Appointment.objects.get(pk=moved.pk), at=now())
    assert [subject.split(":")[0] for subject in subjects(post.work(centre))] == ["Cita cancelada"]


@pytest.mark.parametrize("tell", [True, False])
def test_cancelled_by_staff_the_patient_is_told_if_staff_choose_so(centre, monday, post, at_time, tell):
    visit = centre.book(monday)
    at_time.forward(minutes=6)
    post.work(centre)
    change(centre, visit, State.SUSPENDED, tell=tell)
    mails = post.work(centre)
    assert len(mails) == tell
    if tell:
        calendar = next(mails[0].iter_attachments()).get_content()
        assert "METHOD:CANCEL" in calendar
        assert "STATUS:CANCELLED" in calendar


def test_after_a_cancellation_nothing_but_its_own_notice_leaves(centre, monday, post, at_time):
    """Every mail of a live visit is planned, and the visit is cancelled before any of them leaves."""
    rules(centre, copy_to="recepcion@centro.example")
    visit = centre.book(monday)
    at_time.forward(minutes=6)
    post.work(centre)
    post.transport.sent.clear()
    move(centre, visit, monday + timedelta(hours=2), tell=True)
    change(centre, visit, State.SUSPENDED, tell=True)
    at_time.set(monday.replace(hour=11, minute=0, second=1))
    assert [subject.split(":")[0] for subject in subjects(post.work(centre))] == ["Cita cancelada"]


def test_a_mail_that_was_claimed_before_the_cancellation_is_not_sent_after_it(centre, monday, post, at_time):
    """The rows are read at the moment of sending, not of planning."""
    visit = centre.book(monday)
    with centre.active(), tenancy.atomic():
        Appointment.objects.filter(pk=visit.pk).update(state=State.SUSPENDED)
    at_time.forward(minutes=6)
    assert post.work(centre) == []
    assert kinds(centre) == [("confirmation", "withdrawn")]


def test_a_cancellation_that_is_undone_untold_sends_nothing_more(centre, monday, post, at_time):
    visit = centre.book(monday)
    at_time.forward(minutes=6)
    post.work(centre)
    change(centre, visit, State.SUSPENDED)
    with centre.active():
        agenda.undo(visit.changes.last().pk, by=STAFF, at=now())
    at_time.forward(minutes=6)
    assert post.work(centre) == []


def test_a_time_booked_again_after_a_notice_is_confirmed_again(centre, monday, post, at_time):
    visit = centre.book(monday)
    at_time.forward(minutes=6)
    post.work(centre)
    change(centre, visit, State.SUSPENDED, tell=True)
    post.work(centre)
    change(centre, visit, State.NOT_CONFIRMED)
    at_time.forward(minutes=6)
    assert len(post.work(centre)) == 1


def test_a_cancellation_undone_before_its_notice_left_takes_it_back(centre, monday, post, at_time):
    visit = centre.book(monday)
    change(centre, visit, State.SUSPENDED, tell=True)
    with centre.active():
        agenda.undo(visit.changes.last().pk, by=STAFF, at=now())
    at_time.forward(minutes=6)
    assert [subject.split(":")[0] for subject in subjects(post.work(centre))] == ["Tu cita"]


def test_a_patient_put_in_within_the_delay_is_confirmed_at_the_hour_of_the_booking(
    centre, monday, post, at_time
):
    visit = centre.book(monday, patient_id=None)
    at_time.forward(minutes=3)
    with centre.active():
        agenda.edit(
            visit.pk,
            patient_id=centre.patient,
            service_ids=(centre.consultation,),
            comment="",
            by=STAFF,
            at=now(),
        )
    at_time.forward(minutes=2, seconds=5)
    assert len(post.work(centre)) == 1


def test_a_visit_moved_in_silence_and_then_edited_stays_silent(centre, monday, post, at_time):
    """One whose confirmation was never planned, as of an imported patient."""
    visit = centre.book(monday)
    with centre.active(), tenancy.atomic():
        Delivery.objects.all().delete()
    at_time.forward(minutes=30)
    moved = move(centre, visit, monday + timedelta(hours=2))
    with centre.active():
        services = (centre.consultation,)
        agenda.edit(
            moved.pk,
            patient_id=centre.patient,
            service_ids=services,
            comment="llega con su hija",
            by=STAFF,
            at=now(),
        )
    at_time.forward(minutes=6)
    assert (post.work(centre), kinds(centre)) == ([], [])


def test_the_address_is_that_of_the_moment_of_sending(centre, monday, post, at_time):
    centre.book(monday)
    with centre.active(), tenancy.atomic():
        Patient.objects.filter(pk=centre.patient).update(email="nueva@paciente.example")
    at_time.forward(minutes=6)
    post.work(centre)
    assert post.recipients == ["nueva@paciente.example"]
    with centre.active():
        assert Delivery.objects.get().to_address == "nueva@paciente.example"


def test_mail_of_an_online_booking_goes_to_the_address_that_was_typed(centre, monday, post, at_time):
    centre.book(monday, contact_email="tecleada@paciente.example", contact_name="Pepe", origin="web")
    at_time.forward(minutes=6)
    post.work(centre)
    assert post.recipients == ["tecleada@paciente.example"]


def test_a_visit_in_the_past_is_not_confirmed(centre, post, at_time):
    centre.book(now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=3))
    at_time.forward(minutes=6)
    assert post.work(centre) == []


def test_two_centres_send_their_own_mail_alone(centre, other, monday, post, at_time):
    centre.book(monday)
    other.book(monday)
    at_time.forward(minutes=6)
    (mine,) = post.work(centre)
    assert centre.slug in mine.get_body(("plain",)).get_content()
    assert other.slug not in mine.as_string()
    assert len(post.work(other)) == 1


def test_a_patient_who_confirms_gets_no_mail_for_it(centre, monday, post, at_time):
    visit = centre.book(monday)
    at_time.forward(minutes=6)
    post.work(centre)
    change(centre, visit, State.CONFIRMED, by=Actor("patient", centre.patient, "José", "link"))
    assert post.work(centre) == []
