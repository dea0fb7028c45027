"""Claims on time: lanes, buffers, rooms; and that contested times have one winner each."""

import os
import random
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections as django_connections

from reservo import tenancy
from reservo.agenda import claims, tasks
from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment, Claim
from reservo.catalog.models import OpeningPeriod, Practitioner, Room, Service
from reservo.core import clock, ticks
from reservo.core.actor import Actor
from reservo.tenancy import connections
from tests.agenda.agenda_invariants import broken
from tests.agenda.conftest import assert_sound, taken_back
from tests.cast import STAFF

NINE = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)  # a Tuesday, 09:00 in Santiago
AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PAGE = Actor("patient", None, "", "web")


def book(cast, minutes=0, *, at=AT, **changes):
    wanted = {
        "branch_id": cast.branch,
        "service_ids": (cast.consultation,),
        "practitioner_id": cast.ana,
        "starts_at": NINE + timedelta(minutes=minutes),
        "outside_rules": True,
    }
    return agenda.book(agenda.Booking(**{**wanted, **changes}), by=STAFF, at=at)


def online(cast, minutes=0, **changes):
    return book(cast, minutes, rules="online", origin="web", outside_rules=False, **changes)


def lanes(appointment, kind=Claim.Resource.PRACTITIONER):
    rows = Claim.objects.filter(appointment=appointment, resource=kind).order_by("tick")
    return list(rows.values_list("lane", flat=True))


@pytest.fixture
def cast(shared):
    with taken_back(shared):
        yield shared
        assert_sound()


def test_back_to_back_is_allowed_and_an_overlap_of_five_minutes_is_not(cast):
    book(cast)
    book(cast, 30)
    book(cast, -30)
    with pytest.raises(agenda.TimeTaken):
        book(cast, 25)


def test_buffers_are_held_with_the_visit(cast):
    made = book(cast, service_ids=(cast.control,))
    assert (made.duration_minutes, made.end_tick - made.first_tick) == (20, 6)
    with pytest.raises(agenda.TimeTaken):
        book(cast, 20)
    book(cast, 30)


def test_practitioner_and_room_are_both_held(cast):
    made = book(cast, service_ids=(cast.procedure,))
    assert made.room_id == cast.room
    with pytest.raises(agenda.TimeTaken):
        book(cast, 30, practitioner_id=cast.beto, room_id=cast.room)
    book(cast, 30, practitioner_id=cast.beto)


def test_a_needed_room_is_found_among_those_free_and_open(cast):
    second = Room.objects.create(branch_id=cast.branch, name="Box 2", kind_id=cast.kind, position=9)
    OpeningPeriod.objects.create(
        branch_id=cast.branch, room_id=cast.room, weekday=0, starts_minute=540, ends_minute=600
    )
    made = online(cast, service_ids=(cast.procedure,))
    assert made.room_id == second.pk
    with pytest.raises(agenda.TimeTaken):
        online(cast, practitioner_id=cast.beto, service_ids=(cast.procedure,))
    with pytest.raises(agenda.OutsideRules) as refused:
        book(cast, practitioner_id=cast.beto, service_ids=(cast.procedure,), outside_rules=False)
    assert refused.value.reasons == ["no_room"]


def test_several_services_make_one_visit_as_long_as_all_of_them(cast):
    made = book(cast, service_ids=(cast.consultation, cast.control))
    assert made.duration_minutes == 50
    assert (made.buffer_before_minutes, made.buffer_after_minutes) == (0, 10)
    assert [row.name for row in made.services.all()] == ["Consulta", "Control"]
    with pytest.raises(agenda.TimeTaken):
        book(cast, 55)


def test_overbooking_takes_the_next_lane_up_to_the_practitioners_maximum(cast):
    Practitioner.objects.filter(pk=cast.ana).update(most_overbooked=2)
    first, second, third = book(cast), book(cast, 15, overbook=True), book(cast, overbook=True)
    assert (lanes(first), lanes(second), lanes(third)) == ([0] * 6, [1, 1, 1, 0, 0, 0], [1, 1, 1, 2, 2, 2])
    assert [one.is_overbooked for one in (first, second, third)] == [False, True, True]
    with pytest.raises(agenda.OverbookingFull):
        book(cast, 20, overbook=True)
    with pytest.raises(agenda.TimeTaken):
        book(cast, 20)


def test_a_maximum_of_zero_means_no_overbooking(cast):
    Practitioner.objects.filter(pk=cast.ana).update(most_overbooked=0)
    book(cast)
    with pytest.raises(agenda.TimeTaken):
        book(cast, overbook=True)


def test_lanes_above_move_down_when_one_is_freed(cast):
    first, second = book(cast), book(cast, 15, overbook=True)
    agenda.change_state(first.pk, "suspended", by=STAFF, at=AT)
    second.refresh_from_db()
    assert (lanes(second), second.is_overbooked) == ([0] * 6, False)
    with pytest.raises(agenda.TimeTaken):
        online(cast, 15)
    online(cast, 45)


def test_page_and_holds_take_the_first_lane_only(cast):
    book(cast)
    book(cast, overbook=True)
    wanted = agenda.Booking(
        branch_id=cast.branch,
        service_ids=(cast.consultation,),
        practitioner_id=cast.ana,
        starts_at=NINE,
        rules="online",
        overbook=True,
        outside_rules=True,
    )
    with pytest.raises(agenda.TimeTaken):
        agenda.hold(wanted, minutes=10, address_hash="a", at=AT)
    with pytest.raises(agenda.TimeTaken):
        agenda.book(wanted, by=PAGE, at=AT)


def test_staff_are_told_until_when_a_time_is_held_and_may_not_overbook_it(cast):
    wanted = agenda.Booking(
        branch_id=cast.branch,
        service_ids=(cast.consultation,),
        practitioner_id=cast.ana,
        starts_at=NINE,
        rules="online",
    )
    agenda.hold(wanted, minutes=10, address_hash="a", at=AT)
    with pytest.raises(agenda.TimeTaken) as refused:
        book(cast, 15, overbook=True)
    assert refused.value.held_until == AT + timedelta(minutes=10)
    book(cast, at=AT + timedelta(minutes=10))


def test_resizing_keeps_the_lane_of_what_is_kept(cast):
    first, second = book(cast), book(cast, 15, overbook=True)
    place = agenda.Place(starts_at=NINE, practitioner_id=cast.ana, room_id=None, duration_minutes=15)
    agenda.move(first.pk, place, leave=agenda.Leave(outside_rules=True), by=STAFF, at=AT)
    assert (lanes(first), lanes(second)) == ([0] * 3, [0] * 6)
    second.refresh_from_db()
    assert not second.is_overbooked


def test_long_past_claims_are_pruned_and_their_times_still_guarded(cast, monkeypatch):
    long_past = AT - timedelta(days=10)
    first = book(cast, starts_at=long_past)
    soon = book(cast)
    monkeypatch.setattr(clock, "_offset", AT - datetime.now(UTC))
    tasks.prune_claims.function()
    assert not Claim.objects.filter(appointment=first).exists()
    assert Claim.objects.filter(appointment=soon).count() == 6
    with pytest.raises(agenda.TimeTaken):
        book(cast, starts_at=long_past + timedelta(minutes=15))
    above = book(cast, starts_at=long_past + timedelta(minutes=15), overbook=True)
    assert above.is_overbooked
    book(cast, starts_at=long_past + timedelta(minutes=45))
    Claim.objects.filter(tick__lt=claims.oldest_kept(AT)).delete()
    Appointment.objects.filter(first_tick__lt=ticks.tick_of(AT)).update(state="deleted")


CLIENTS = 64
THREADS = 8  # of the web nodes on one machine: as many speak to the database at once


def contest(cast, acts):
    """Run these in as many threads at once, each with connections of its own; their results in order."""
    results = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(n):
        try:
            with tenancy.activate(cast.route):
                start.wait(60)
                results[n] = acts[n]()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    return results


@pytest.mark.timeout(300)
def test_of_64_clients_who_want_the_same_times_one_wins_each_time(centre):
    """Page, holds, staff with and without the right to overbook, all at once, in one centre."""
    days = 10 if os.environ.get("RESERVO_FULL") else 1
    times = [day * 7 * 24 * 60 + n * 30 for day in range(days) for n in range(6)]
    threads = threading.BoundedSemaphore(THREADS)
    with centre.active():
        Practitioner.objects.update(most_overbooked=2)
        Service.objects.filter(pk=centre.consultation).update(room_kind=centre.kind)
        Room.objects.create(branch_id=centre.branch, name="Box 2", kind_id=centre.kind, position=2)
    wins, errors = [], []

    def client(n):
        luck = random.Random(n)

        def act():
            for minutes in luck.sample(times, len(times)):
                try:
                    with threads:
                        wins.append((n, kinds[n % len(kinds)](minutes)))
                except (agenda.TimeTaken, agenda.OutsideRules, agenda.OverbookingFull, agenda.NotOffered):
                    pass
                except Exception as error:
                    errors.append(error)

        return act

    def hold(minutes):
        wanted = agenda.Booking(
            branch_id=centre.branch,
            service_ids=(centre.consultation,),
            practitioner_id=centre.ana,
            starts_at=NINE + timedelta(minutes=minutes),
            rules="online",
        )
        address = f"{threading.get_ident()}-{minutes}"
        _kept, token = agenda.hold(wanted, minutes=10, address_hash=address, at=AT)
        booked = online(centre, minutes, hold_token=token)
        return booked.pk

    kinds = [
        lambda minutes: online(centre, minutes).pk,
        lambda minutes: online(centre, minutes, practitioner_id=None).pk,
        hold,
        lambda minutes: book(centre, minutes + 15).pk,
        lambda minutes: book(centre, minutes, overbook=n_overbooks()).pk,
    ]

    def n_overbooks():
        return threading.get_ident() % 2 == 0

    contest(centre, [client(n) for n in range(CLIENTS)])
    assert errors == []
    with centre.active(), django_connections["tenant"].cursor() as cursor:
        assert broken(cursor) == []
        cursor.execute(
            "SELECT COUNT(*), MIN(n) FROM (SELECT COUNT(*) n FROM agenda_claim "
            "WHERE resource = 1 AND resource_id = %s AND lane = 0 GROUP BY tick) AS counted",
            [centre.ana],
        )
        count, lowest = cursor.fetchone()
    assert len(wins) == len({pk for _, pk in wins})
    with centre.active():
        assert Appointment.objects.count() == len(wins)
    assert (count, lowest) == (count, 1)


def test_of_64_clients_who_want_one_time_exactly_one_gets_it(centre):
    threads = threading.BoundedSemaphore(THREADS)

    def act():
        try:
            with threads:
                return online(centre, practitioner_id=centre.beto).number
        except agenda.TimeTaken:
            return "taken"

    found = contest(centre, [act] * CLIENTS)
    assert sorted(map(str, found)) == ["1"] + ["taken"] * (CLIENTS - 1)
