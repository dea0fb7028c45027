"""The reminder of 08:00 in the branch's own time: whose visits, and what after an outage or a move."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from reservo import tenancy
from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment
from reservo.agenda.operations.changes import Place
from reservo.catalog.models import Branch
from reservo.config.schedule import ENTRIES
from reservo.core import zones
from reservo.core.clock import now
from reservo.crm.models import AutomaticMail
from reservo.crm.reminders import visits_to_remind
from reservo.jobs import recurring
from reservo.notifications.models import Delivery
from tests.cast import STAFF

REMINDERS = [entry for entry in ENTRIES if entry.name == "reminders"]
SANTIAGO = "America/Santiago"


def wall(day: date, clock: str, zone: str = SANTIAGO) -> datetime:
    hours, minutes = clock.split(":")
    return zones.at_minute(day, int(hours) * 60 + int(minutes), zone)


@pytest.fixture
def day(monday) -> date:
    return zones.local_date(monday, SANTIAGO)


@pytest.fixture
def quiet(centre):
    """No confirmations, so that only reminders are in the post."""
    with centre.active(), tenancy.atomic():
        AutomaticMail.objects.update(confirmation_on=False)
    return centre


def fire(cast, at: datetime, at_time) -> int:
    at_time.set(at)
    with cast.active():
        return recurring.fire_due(REMINDERS, at=now())


def book(cast, day: date, clock: str, **changes) -> Appointment:
    return cast.book(wall(day, clock), practitioner_id=None, **changes)


def reminded(cast) -> list[int]:
    with cast.active():
        return list(
            Delivery.objects.filter(kind="reminder")
            .order_by("appointment_id")
            .values_list("appointment_id", flat=True)
        )


def test_the_visits_of_the_day_after_eight_and_those_of_tomorrow_up_to_eight(quiet, day, post, at_time):
    tomorrow = day + timedelta(days=1)
    earlier = [book(quiet, day, clock) for clock in ("00:30", "07:45", "08:00")]
    today = [book(quiet, day, clock) for clock in ("08:05", "17:30", "23:55")]
    early = [book(quiet, tomorrow, clock) for clock in ("00:00", "07:00", "08:00")]
    later = [book(quiet, tomorrow, clock) for clock in ("08:05", "12:00")]
    fire(quiet, wall(day, "08:00"), at_time)
    mails = post.work(quiet)
    assert reminded(quiet) == [visit.pk for visit in today + early]
    assert len(mails) == 6
    words = " ".join(mail.get_body(("plain",)).get_content() for mail in mails)
    assert (words.count("cita hoy"), words.count("cita mañana")) == (3, 3)
    fire(quiet, wall(tomorrow, "08:00"), at_time)
    post.work(quiet)
    assert reminded(quiet) == sorted(visit.pk for visit in today + early + later)
    assert earlier[0].pk not in reminded(quiet)


def test_states_that_are_reminded(quiet, day, post, at_time):
    State = Appointment.State
    visits = {state: book(quiet, day, f"1{n}:00") for n, state in enumerate(State.values)}
    with quiet.active(), tenancy.atomic():
        for state, visit in visits.items():
            Appointment.objects.filter(pk=visit.pk).update(state=state)
    fire(quiet, wall(day, "08:00"), at_time)
    post.work(quiet)
    assert reminded(quiet) == [visits[State.NOT_CONFIRMED].pk, visits[State.CONFIRMED].pk]


def test_none_that_was_booked_after_the_moment_of_the_job(quiet, day, post, at_time):
    at_time.set(wall(day, "07:59"))
    before = book(quiet, day, "11:00")
    at_time.set(wall(day, "08:02"))
    book(quiet, day, "12:00")
    fire(quiet, wall(day, "08:05"), at_time)
    post.work(quiet)
    assert reminded(quiet) == [before.pk]


def test_after_an_outage_only_those_not_yet_begun(quiet, day, post, at_time):
    book(quiet, day, "09:00")
    book(quiet, day, "11:30")
    coming = book(quiet, day, "12:30")
    assert fire(quiet, wall(day, "11:40"), at_time) == 1
    post.work(quiet)
    assert reminded(quiet) == [coming.pk]


def test_a_job_that_waited_in_the_queue_does_not_remind_of_what_has_begun(quiet, day, post, at_time):
    book(quiet, day, "09:00")
    fire(quiet, wall(day, "08:00"), at_time)
    at_time.set(wall(day, "09:01"))
    assert post.work(quiet) == []


def test_a_planned_reminder_that_is_late_is_withdrawn_when_the_visit_begins(quiet, day, post, at_time):
    """The mail server was down from 08:00 on; at 09:01 nobody wants to be reminded of 09:00."""
    from reservo.adapters.mail import Unreachable

    book(quiet, day, "09:00")
    post.transport.fail_with += [Unreachable("down")]
    fire(quiet, wall(day, "08:00"), at_time)
    post.work(quiet)
    at_time.set(wall(day, "09:01"))
    assert post.work(quiet) == []
    with quiet.active():
        assert Delivery.objects.get().state == "withdrawn"


def test_twelve_hours_late_it_is_not_caught_up(quiet, day, at_time):
    book(quiet, day, "21:00")
    assert fire(quiet, wall(day, "20:00"), at_time) == 0


def test_each_branch_has_its_own_eight_o_clock(quiet, day, post, at_time):
    with quiet.active(), tenancy.atomic():
        south = Branch.objects.create(name="Punta Arenas", zone="America/Punta_Arenas")
        island = Branch.objects.create(name="Rapa Nui", zone="Pacific/Easter")
    here = book(quiet, day, "15:00")
    there = book(quiet, day, "16:00", branch_id=island.pk, service_ids=())
    down = book(quiet, day, "17:00", branch_id=south.pk, service_ids=())
    fire(quiet, wall(day, "08:00"), at_time)
    post.work(quiet)
    first = reminded(quiet)
    assert here.pk in first
    assert there.pk not in first
    fire(quiet, wall(day, "08:00", "Pacific/Easter"), at_time)
    (mail,) = [one for one in post.work(quiet) if "Rapa Nui" in one.get_body(("plain",)).get_content()]
    assert "Isla de Pascua" in mail.get_body(("plain",)).get_content()
    assert sorted(reminded(quiet)) == sorted([here.pk, there.pk, down.pk])


def test_firing_again_or_running_the_job_twice_reminds_once(quiet, day, post, at_time):
    from reservo.crm.tasks import send_reminders

    book(quiet, day, "11:00")
    due = wall(day, "08:00")
    fire(quiet, due, at_time)
    fire(quiet, due + timedelta(seconds=5), at_time)
    with quiet.active(), tenancy.atomic():
        for _ in range(2):
            send_reminders.function(quiet.branch, day.isoformat(), due.isoformat())
    assert len(post.work(quiet)) == 1


def test_a_visit_moved_to_another_day_is_reminded_again(quiet, day, post, at_time):
    visit = book(quiet, day, "11:00")
    fire(quiet, wall(day, "08:00"), at_time)
    assert len(post.work(quiet)) == 1
    later = day + timedelta(days=2)
    with quiet.active():
        place = Place(starts_at=wall(later, "11:00"), practitioner_id=None, room_id=None)
        agenda.move(visit.pk, place, leave=agenda.Leave(outside_rules=True), by=STAFF, at=now())
    fire(quiet, wall(later, "08:00"), at_time)
    (mail,) = post.work(quiet)
    assert "cita hoy" in mail.get_body(("plain",)).get_content()


def test_a_reminder_planned_for_a_day_that_the_visit_left_is_not_sent(quiet, day, post, at_time):
    visit = book(quiet, day, "11:00")
    fire(quiet, wall(day, "08:00"), at_time)
    with quiet.active():
        from reservo.jobs.models import Job
        from reservo.jobs.turns import take_turn

        take_turn("plans only", limit=1)
        assert Job.objects.filter(task="notifications.send", state="waiting").count() == 1
        place = Place(starts_at=wall(day + timedelta(days=1), "11:00"), practitioner_id=None, room_id=None)
        agenda.move(visit.pk, place, leave=agenda.Leave(outside_rules=True), by=STAFF, at=now())
    assert post.work(quiet) == []


def test_a_centre_without_reminders_sends_none(quiet, day, post, at_time):
    with quiet.active(), tenancy.atomic():
        AutomaticMail.objects.update(reminder_on=False)
    book(quiet, day, "11:00")
    fire(quiet, wall(day, "08:00"), at_time)
    assert post.work(quiet) == []


@pytest.mark.parametrize(
    ("day", "zone"),
    [
        (date(2027, 9, 4), "America/Santiago"),  # tomorrow has 23 hours
        (date(2027, 4, 3), "America/Santiago"),  # tonight has an hour twice
        (date(2027, 3, 27), "Europe/Madrid"),
        (date(2027, 10, 30), "Europe/Madrid"),
    ],
)
def test_no_visit_is_left_out_or_reminded_twice_across_a_change_of_the_clocks(quiet, day, zone):
    """Three jobs in a row select each instant of the days between exactly once."""
    with quiet.active(), tenancy.atomic():
        Branch.objects.update(zone=zone)
    start = wall(day, "08:00", zone)
    instants = [start + timedelta(minutes=30 * n) for n in range(1, 96)]
    made = [
        quiet.book(at, practitioner_id=None, service_ids=())
        for at in instants
        if not zones.is_second_fold(at, zone)
    ]
    chosen: list[int] = []
    with quiet.active():
        for n in range(3):
            due = wall(day + timedelta(days=n), "08:00", zone)
            found = visits_to_remind(quiet.branch, zone, day + timedelta(days=n), due_at=due, at=due)
            chosen += [visit.pk for visit in found]
    assert sorted(chosen) == sorted(visit.pk for visit in made)


@pytest.mark.parametrize("count", [1, 3])
def test_the_selection_is_one_query(quiet, day, count):
    from django.db import connections
    from django.test.utils import CaptureQueriesContext

    for n in range(count):
        book(quiet, day, f"1{n}:00")
    with quiet.active():
        list(Appointment.objects.all()[:1])
        with CaptureQueriesContext(connections["tenant"]) as seen:
            due = wall(day, "08:00")
            for visit in visits_to_remind(quiet.branch, SANTIAGO, day, due_at=due, at=due):
                assert visit.patient.email
                assert visit.branch.name
    assert len(seen) == 1
