"""What is offered can be booked and held, what is not offered is refused: against the database."""

import os
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reservo import tenancy
from reservo.agenda import operations as agenda
from reservo.agenda.availability import Question, offered
from reservo.agenda.models import Hold
from reservo.booking.offering import offered_times
from reservo.catalog.models import (
    Branch,
    Holiday,
    OpeningPeriod,
    Practitioner,
    Room,
    Service,
    ServicePractitioner,
    WorkingException,
    WorkingPeriod,
)
from reservo.core import ticks, zones
from reservo.core.actor import Actor
from reservo.tenancy.context import TENANT_ALIAS
from tests.agenda.conftest import assert_sound, taken_back
from tests.cast import STAFF

PAGE = Actor("patient", None, "", "web")
DAY = date(2026, 11, 30)  # a Monday
AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MANY = 20 if os.environ.get("RESERVO_FULL") else 1
pytestmark = pytest.mark.timeout(1800)
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]

minutes = st.integers(0, 287).map(lambda n: n * 5)
periods = st.tuples(minutes, st.integers(1, 96)).map(lambda p: (p[0], min(p[0] + p[1] * 5, 1440)))
hours = st.lists(periods, min_size=1, max_size=3)
who = st.sampled_from(["ana", "beto"])
rooms = st.sampled_from(["one", "two"])
visits = st.lists(st.tuples(who, st.none() | rooms, periods.filter(lambda p: p[1] - p[0] <= 240)), max_size=4)
scenes = st.fixed_dictionaries(
    {
        "hours": st.fixed_dictionaries({"ana": hours, "beto": hours}),
        "named": st.sampled_from([None, None, "one", "two"]),
        "branch": st.none() | hours,
        "room_hours": st.none() | hours,
        "off": st.lists(periods, max_size=1),
        "extra": st.lists(periods, max_size=1),
        "visits": visits,
        "blocks": st.lists(
            st.tuples(st.sampled_from(["ana", "one", "branch", "centre"]), periods), max_size=2
        ),
        "holds": st.lists(st.tuples(who, minutes), max_size=2),
        "service": st.sampled_from(["consultation", "control", "procedure"]),
        "step": st.sampled_from([5, 15, 20, 60]),
        "holiday": st.sampled_from([False] * 9 + [True]),
    }
)


class Scene:
    def __init__(self, cast, given):
        self.cast, self.given = cast, given
        self.branch = Branch.objects.get()
        other_room = Room.objects.create(branch=self.branch, name="Box 2", kind_id=cast.kind, position=2)
        self.ids = {"ana": cast.ana, "beto": cast.beto, "one": cast.room, "two": other_room.pk}
        self.service = Service.objects.get(pk=getattr(cast, given["service"]))
        Practitioner.objects.update(most_overbooked=3)
        self._write_hours()
        for person, room, (starts, ends) in given["visits"]:
            self._visit(person, room, starts, ends)
        for kind, (starts, ends) in given["blocks"]:
            self._block(kind, starts, ends)
        for person, minute in given["holds"]:
            self.hold(self.ids[person], zones.at_minute(DAY, minute, self.branch.zone))

    def _write_hours(self):
        given = self.given
        WorkingPeriod.objects.all().delete()
        for person, some in given["hours"].items():
            for n, (starts, ends) in enumerate(some):
                room = self.ids[given["named"]] if given["named"] and n == 0 else None
                for weekday in (0, 1):
                    WorkingPeriod.objects.create(
                        practitioner_id=self.ids[person],
                        branch=self.branch,
                        weekday=weekday,
                        room_id=room,
                        starts_minute=starts,
                        ends_minute=ends,
                    )
        for room_id, some in ((None, given["branch"]), (self.cast.room, given["room_hours"])):
            for starts, ends in some or ():
                OpeningPeriod.objects.create(
                    branch=self.branch, room_id=room_id, weekday=0, starts_minute=starts, ends_minute=ends
                )
        for kind in ("off", "extra"):
            for starts, ends in given[kind]:
                WorkingException.objects.create(
                    practitioner_id=self.cast.ana,
                    branch=self.branch,
                    date=DAY,
                    kind=kind,
                    starts_minute=starts,
                    ends_minute=ends,
                )
        if given["holiday"]:
            Holiday.objects.create(branch=self.branch, date=DAY, name="Aniversario")

    def _visit(self, person, room, starts, ends):
        booking = agenda.Booking(
            branch_id=self.branch.pk,
            service_ids=(self.cast.consultation,),
            practitioner_id=self.ids[person],
            room_id=self.ids.get(room),
            starts_at=zones.at_minute(DAY, starts, self.branch.zone),
            duration_minutes=ends - starts,
            outside_rules=True,
            overbook=True,
        )
        agenda.book(booking, by=STAFF, at=AT)

    def _block(self, kind, starts, ends):
        agenda.block(
            agenda.Blocking(
                title="Cerrado",
                day=DAY,
                minute=starts,
                duration_minutes=ends - starts,
                zone=self.branch.zone,
                practitioner_id=self.cast.ana if kind == "ana" else None,
                room_id=self.cast.room if kind == "one" else None,
                branch_id=None if kind == "centre" else self.branch.pk,
            ),
            by=STAFF,
            at=AT,
        )

    def booking(self, practitioner_id, starts_at, **more):
        return agenda.Booking(
            branch_id=self.branch.pk,
            service_ids=(self.service.pk,),
            practitioner_id=practitioner_id,
            starts_at=starts_at,
            origin="web",
            rules="online",
            step_minutes=self.given["step"],
            earliest=AT,
            **more,
        )

    def hold(self, practitioner_id, starts_at):
        wanted = self.booking(practitioner_id, starts_at)
        try:
            return agenda.hold(wanted, minutes=10, address_hash=f"{starts_at}", at=AT)
        except (agenda.TimeTaken, agenda.NotOffered, agenda.BadTime):
            return None

    def offered(self, first=DAY, last=DAY):
        question = Question(
            branch=self.branch,
            service=self.service,
            practitioner_ids=(self.cast.ana, self.cast.beto),
            first=first,
            last=last,
            step_minutes=self.given["step"],
            earliest=AT,
        )
        return offered(question, at=AT)

    def pairs(self):
        """(tick, practitioner) of everything offered on the day."""
        return [(tick, pk) for _, times in self.offered().by_day() for tick, ids in times for pk in ids]


@settings(max_examples=30 * MANY, deadline=None, suppress_health_check=SLOW)
@given(scenes, st.data())
def test_what_is_offered_can_be_booked_and_what_is_not_is_refused(shared, given, data):
    with taken_back(shared):
        scene = Scene(shared, given)
        assert_sound()
        free = scene.pairs()
        day = range(ticks.tick_floor(zones.day_bounds(DAY, scene.branch.zone)[0]), 10**9)[:288]
        rest = sorted({(tick, pk) for tick in day for pk in (shared.ana, shared.beto)} - set(free))
        for tick, pk in data.draw(st.lists(st.sampled_from(free), max_size=6, unique=True)) if free else ():
            try:
                with agenda_taken_back():
                    made = agenda.book(scene.booking(pk, ticks.instant_of(tick)), by=PAGE, at=AT)
                    assert made.practitioner_id == pk
                    assert made.room_id or not scene.service.room_kind_id
                    assert not made.is_overbooked
                    assert_sound()
                    assert (tick, pk) not in scene.pairs()
            except (agenda.TimeTaken, agenda.NotOffered) as refused:
                pytest.fail(f"offered {ticks.instant_of(tick)} to {pk}, then refused: {refused!r}")
        for tick, pk in data.draw(st.lists(st.sampled_from(rest), max_size=6, unique=True)):
            with pytest.raises((agenda.TimeTaken, agenda.NotOffered)), agenda_taken_back():
                agenda.book(scene.booking(pk, ticks.instant_of(tick)), by=PAGE, at=AT)


@settings(max_examples=20 * MANY, deadline=None, suppress_health_check=SLOW)
@given(scenes, st.data())
def test_a_held_time_is_for_its_form_alone_until_it_expires(shared, given, data):
    with taken_back(shared):
        scene = Scene(shared, given)
        free = scene.pairs()
        if not free:
            return
        tick, pk = data.draw(st.sampled_from(free))
        kept, token = scene.hold(pk, ticks.instant_of(tick))
        assert_sound()
        assert (tick, pk) not in scene.pairs()
        with pytest.raises(agenda.TimeTaken) as refused, agenda_taken_back():
            agenda.book(scene.booking(pk, ticks.instant_of(tick)), by=PAGE, at=AT)
        assert refused.value.held_until == kept.expires_at
        with agenda_taken_back():
            agenda.book(scene.booking(pk, ticks.instant_of(tick), hold_token=token), by=PAGE, at=AT)
            assert not Hold.objects.filter(pk=kept.pk).exists()
            assert_sound()
        later = AT + timedelta(minutes=10)
        with pytest.raises(agenda.HoldOver), agenda_taken_back():
            agenda.book(scene.booking(pk, ticks.instant_of(tick), hold_token=token), by=PAGE, at=later)
        with agenda_taken_back():
            agenda.book(scene.booking(pk, ticks.instant_of(tick)), by=PAGE, at=later)
            assert not Hold.objects.filter(pk=kept.pk).exists()


@settings(max_examples=20 * MANY, deadline=None, suppress_health_check=SLOW)
@given(scenes)
def test_a_long_range_offers_each_day_what_the_day_alone_offers(shared, given):
    with taken_back(shared):
        scene = Scene(shared, given)
        week = scene.offered(DAY - timedelta(days=3), DAY + timedelta(days=3)).by_day()
        assert [day for day, _ in week] == [DAY + timedelta(days=n) for n in range(-3, 4)]
        for day, times in week:
            assert scene.offered(day, day).by_day() == [(day, times)]


@contextmanager
def agenda_taken_back():
    """A savepoint that is rolled back, whatever happens."""
    with tenancy.atomic():
        yield
        transaction.set_rollback(True, using=TENANT_ALIAS)


def test_a_visit_may_cross_midnight_when_somebody_works_on_both_sides(shared):
    with taken_back(shared):
        given = {"hours": {"ana": [(0, 1440)], "beto": [(540, 600)]}, "named": None, "service": "procedure"}
        rest = {name: [] for name in ("off", "extra", "visits", "blocks", "holds")}
        scene = Scene(
            shared, {**given, **rest, "branch": None, "room_hours": None, "step": 15, "holiday": False}
        )
        late = zones.at_minute(DAY, 23 * 60 + 30, scene.branch.zone)
        assert (ticks.tick_of(late), shared.ana) in scene.pairs()
        made = agenda.book(scene.booking(shared.ana, late), by=PAGE, at=AT)
        assert zones.local_date(made.ends_at, scene.branch.zone) == DAY + timedelta(days=1)


@pytest.mark.parametrize("days", [1, 30])
@pytest.mark.parametrize("people", [1, 3])
def test_the_number_of_queries_does_not_grow(shared, days, people):
    with taken_back(shared):
        branch = Branch.objects.get()
        for n in range(people - 1):
            extra = Practitioner.objects.create(name=f"Otra {n}")
            for weekday in range(5):
                WorkingPeriod.objects.create(
                    practitioner=extra, branch=branch, weekday=weekday, starts_minute=540, ends_minute=1080
                )
            extra.in_branches.create(branch=branch)
            ServicePractitioner.objects.create(service_id=shared.procedure, practitioner=extra)
        with CaptureQueriesContext(connections[TENANT_ALIAS]) as seen:
            offered_times(shared.procedure, branch.pk, None, DAY, DAY + timedelta(days=days - 1), at=AT)
        assert len(seen) == 5
