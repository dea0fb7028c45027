"""The grid's data: whose visits, in few and constant queries, by the branch's clock."""

from datetime import UTC, date, datetime, timedelta
from time import process_time

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from reservo import tenancy
from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment
from reservo.agenda.queries import grid
from reservo.agenda.queries.grid import Range
from reservo.catalog.models import Branch, Practitioner, Room
from reservo.tenancy.context import TENANT_ALIAS
from tests.agenda.conftest import taken_back
from tests.agenda.test_claims import book
from tests.cast import STAFF

DAY = date(2026, 12, 1)
NINE = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
QUERIES_OF_A_DAY = 11


@pytest.fixture
def cast(shared):
    with taken_back(shared):
        yield shared


def week(cast, **more):
    return Range(Branch.objects.get(), date(2026, 11, 30), date(2026, 12, 6), **more)


def test_a_visit_is_shown_by_the_branchs_clock_with_its_marks(cast):
    made = book(cast, patient_id=cast.patient, comment="Trae exámenes")
    assert grid.visits(week(cast)) == [
        {
            "id": made.pk,
            "number": made.number,
            "state": "not_confirmed",
            "start": "2026-12-01T09:00:00",
            "end": "2026-12-01T09:30:00",
            "practitioner": cast.ana,
            "room": None,
            "patient": "José Muñoz Pérez",
            "service": "Consulta",
            "letter": "NP",
            "over": False,
            "first": True,
            "note": True,
            "online": False,
            "version": 1,
        }
    ]


def test_what_frees_its_time_is_shown_only_when_asked_and_deleted_never(cast):
    kept = [book(cast, 30 * n) for n in range(3)]
    agenda.change_state(kept[0].pk, "suspended", by=STAFF, at=AT)
    agenda.change_state(kept[1].pk, "deleted", by=STAFF, at=AT)
    assert [visit["id"] for visit in grid.visits(week(cast))] == [kept[2].pk]
    shown = grid.visits(week(cast, with_freed=True))
    assert [visit["id"] for visit in shown] == [kept[0].pk, kept[2].pk]


def test_a_visit_over_the_night_of_the_change_ends_after_it_begins(cast):
    late = datetime(2027, 4, 4, 2, 45, tzinfo=UTC)  # 23:45 the first time; the clocks go back at 24:00
    book(cast, starts_at=late)
    shown = grid.visits(Range(Branch.objects.get(), date(2027, 4, 3), date(2027, 4, 3)))
    assert (shown[0]["start"], shown[0]["end"]) == ("2027-04-03T23:45:00", "2027-04-04T00:15:00")


def test_a_long_block_is_shown_in_each_range_it_meets(cast):
    what = agenda.Blocking(
        title="Vacaciones",
        day=date(2026, 11, 1),
        minute=0,
        duration_minutes=60 * 24 * 60,
        zone="America/Santiago",
        practitioner_id=cast.ana,
        branch_id=cast.branch,
    )
    agenda.block(what, by=STAFF, at=AT)
    shown = grid.blocks(week(cast))
    assert (shown[0]["start"], shown[0]["end"]) == ("2026-11-30T00:00:00", "2026-12-07T00:00:00")


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow_with_the_visits(cast, count):
    for n in range(count):
        book(cast, 30 * n, patient_id=cast.patient)
    with CaptureQueriesContext(connections[TENANT_ALIAS]) as seen:
        assert len(grid.visits(week(cast))) == count
        grid.blocks(week(cast))
        grid.holds(week(cast), at=AT)
        grid.closed(week(cast), [cast.ana, cast.beto], [cast.room])
    assert len([query for query in seen if "catalog_branch" not in query["sql"]]) == 5


@pytest.mark.embedded("reads the plans of SQLite")
def test_every_read_of_a_week_goes_by_an_index(cast):
    """In a centre with five million visits a scan would be felt."""
    book(cast)
    with CaptureQueriesContext(connections[TENANT_ALIAS]) as seen:
        grid.visits(week(cast))
        grid.blocks(week(cast))
        grid.others(week(cast), [cast.ana], [])
        grid.day_loads(Branch.objects.get(), DAY, DAY + timedelta(days=20), None)
    with connections[TENANT_ALIAS].cursor() as cursor:
        for query in seen:
            if "agenda_" in query["sql"]:
                plan = cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}").fetchall()
                assert not [step for *_, step in plan if step.startswith("SCAN")], query["sql"]


def feed(cast, role, **asked):
    asked = {"desde": "2026-11-30", "hasta": "2026-12-06", **asked}
    return cast.client(role).get(cast.url("agenda/datos"), asked, headers={"Accept": "application/json"})


def test_the_day_is_shown_with_few_queries(centre):
    """Each opens its part of a file that this process may not have read for long."""
    client, day = centre.client("receptionist"), centre.url(f"agenda/?dia={NINE:%Y-%m-%d}")
    counted = []
    for _ in range(2):
        centre.book(NINE + timedelta(hours=len(counted)))
        with centre.active(), CaptureQueriesContext(connections[TENANT_ALIAS]) as seen:
            assert client.get(day).status_code == 200
        counted.append(len(seen))
    assert counted == [QUERIES_OF_A_DAY, QUERIES_OF_A_DAY]


def test_a_practitioner_who_sees_their_own_sees_only_that(centre):
    mine, theirs = centre.book(NINE), centre.book(NINE, practitioner_id=centre.beto)
    assert [visit["id"] for visit in feed(centre, "practitioner").json()["visits"]] == [mine.pk]
    asked = feed(centre, "practitioner", profesional=centre.beto).json()
    assert [visit["id"] for visit in asked["visits"]] == [mine.pk]
    everybody = feed(centre, "receptionist").json()["visits"]
    assert {visit["id"] for visit in everybody} == {mine.pk, theirs.pk}


def test_those_out_of_use_keep_a_column_where_they_have_visits_and_so_has_nobody(centre):
    centre.book(NINE, practitioner_id=centre.beto, service_ids=(centre.procedure,))
    centre.book(NINE, practitioner_id=None)
    with centre.active():
        Practitioner.objects.filter(pk=centre.beto).update(is_active=False, photo="beto.png")
        Room.objects.update(is_active=False)
    asked = feed(centre, "receptionist", profesional=centre.ana).json()
    assert asked["others"][0]["photo"].endswith("/foto/beto.png")
    assert [(one["id"], one["name"]) for one in asked["others"]] == [
        (centre.beto, "Beto Díaz"),
        (grid.NOBODY, "Sin profesional"),
    ]
    assert [one["name"] for one in asked["other_rooms"]] == ["Box 1"]
    elsewhere = feed(centre, "receptionist", desde="2026-12-07", hasta="2026-12-13").json()
    assert (elsewhere["others"], elsewhere["other_rooms"]) == ([], [])
    assert "others" not in feed(centre, "practitioner").json()
    listed = centre.client("receptionist").get(centre.url("agenda/lista?dia=2026-12-01")).content.decode()
    assert "Beto Díaz · Box 1" in listed


@pytest.mark.parametrize(
    "asked",
    [
        {"desde": "ayer"},
        {"desde": "9999-12-31", "hasta": "9999-12-31"},
        {"desde": "0001-01-01"},
        {"hasta": "2020-01-01"},
        {"sucursal": "99999999999999999999"},
        {"sucursal": "'; DROP TABLE"},
        {"profesional": "²"},
        {"profesional": "9" * 17},
        {"suspendidas": "\x00"},
    ],
)
def test_a_feed_asked_for_nonsense_answers_calmly(centre, asked):
    assert feed(centre, "receptionist", **asked).status_code == 200
    days = centre.client("receptionist").get(centre.url("agenda/dias"), {"dia": asked.get("desde", "x")})
    assert days.status_code == 200


def test_the_strip_counts_live_visits_and_names_closed_days(centre):
    centre.book(NINE)
    answer = centre.client("receptionist").get(centre.url("agenda/dias"), {"dia": "2026-12-01"}).json()
    by_date = {day["date"]: day for day in answer["days"]}
    assert (len(by_date), by_date["2026-12-01"]["count"], by_date["2026-12-01"]["load"]) == (21, 1, 100)
    assert by_date["2026-12-08"]["closed"]


def test_a_week_takes_time_as_it_has_visits_and_not_more(centre):
    """Loaded by the engine, not booked; the figure beside its baseline stands in the benchmark."""
    client, path = centre.client("receptionist"), centre.url("agenda/datos?desde=2026-11-30&hasta=2026-12-06")
    first = centre.book(NINE)
    _load(centre, first, 211)
    few = _least_time(client, path, 212)
    _load(centre, first, 636)
    assert _least_time(client, path, 848) < few * 4 * 1.5


def _load(centre, like, count):
    with centre.active(), tenancy.atomic():
        row = Appointment.objects.filter(pk=like.pk).values().get()
        number = Appointment.objects.latest("number").number
        copies = []
        for n in range(count):
            values = {**row, "id": None, "number": number + 1 + n}
            del values["public_id"]
            copies.append(Appointment(**values))
        Appointment.objects.bulk_create(copies, batch_size=40)


def _least_time(client, path, visits):
    spent = []
    for _ in range(6):
        began = process_time()
        assert len(client.get(path).json()["visits"]) == visits
        spent.append(process_time() - began)
    return min(spent)
