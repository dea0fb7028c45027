"""Centres come out of a foreign database: whole, each alone, and what cannot come is said row by row."""

from __future__ import annotations

import itertools
import os
import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from reservo import tenancy
from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment, Claim
from reservo.core import zones
from reservo.core.clock import now
from reservo.crm.reminders import visits_to_remind
from reservo.foreign import mapping as mappings
from reservo.foreign import planning, running
from reservo.foreign import source as sources
from reservo.foreign.models import Import
from reservo.foreign.verifying import NotEqual
from reservo.notifications.models import Delivery
from reservo.tenancy import connections, directory, namespaces
from reservo.tenancy.models import Placement
from reservo.tenants import stores
from tests.cast import STAFF
from tests.foreign.shared import READER_PASSWORD, Shared, next_monday

pytestmark = pytest.mark.server
SOON = next_monday()
_names = itertools.count(1)


@pytest.fixture
def shared(control, server, monkeypatch):
    monkeypatch.setenv("FOREIGN_PASSWORD", READER_PASSWORD)
    monkeypatch.delenv("RESERVO_DEFAULT_STORE", raising=False)
    yield Shared(server, f"ajeno_{os.getpid()}_{next(_names)}", SOON)
    connections.close_all()


def mapping_of(shared, **source):
    return mappings.from_dict(shared.mapping(prefix=f"{shared.server.engine[:2]}{next(_names)}-", **source))


def bring(mapping, number, **options):
    slug = mapping.centres[number].slug
    with sources.opened(mapping.address) as source:
        begun = planning.plan(mapping, slug, source, at=now())
        return running.run(begun, mapping, source, clock=now, **options)


@pytest.fixture
def asked(control):
    """What stands in a centre's place, read without any of our code; days and instants (UTC) as text."""

    def ask_it(begun, sql):
        row = Placement.objects.select_related("store").get(pk=begun.placement_id)
        with _asking(control, row.store, row.namespace) as ask:
            return [tuple(map(_as_text, values)) for values in ask(sql)]

    return ask_it


@contextmanager
def _asking(server_of_the_run, store, namespace):
    if server_of_the_run:
        with server_of_the_run.asking("pool", namespace) as ask:
            yield ask
        return
    with closing(sqlite3.connect(Path(store.address) / namespace)) as file:
        yield lambda sql: file.execute(sql).fetchall()


def _as_text(value):
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC) if value.tzinfo else value:%Y-%m-%d %H:%M:%S}"
    return str(value) if isinstance(value, date) else value


def found(begun):
    return {(f.kind, f.foreign_id, f.outcome, f.field, f.reason) for f in planning.findings(begun)}


@pytest.fixture
def austral(shared):
    return bring(mapping_of(shared), 0)


def test_a_customer_becomes_a_centre_that_is_open(shared, austral, asked):
    assert austral.state == Import.State.DONE
    assert directory.find(austral.slug).state == "active"
    counts = {kind: (side["foreign"], side["brought"]) for kind, side in austral.report.items()}
    assert counts == {
        "branches": (4, 4),
        "rooms": (4, 3),
        "practitioners": (3, 3),
        "services": (4, 4),
        "patients": (8, 4),
        "appointments": (20, 11),
    }
    tables = {
        "branches": "catalog_branch",
        "patients": "patients_patient",
        "appointments": "agenda_appointment",
    }
    for kind, table in tables.items():
        assert asked(austral, f"SELECT COUNT(*) FROM {table}") == [(counts[kind][1],)]
    theirs = {"branches": "sucursales", "patients": "pacientes", "appointments": "citas"}
    for kind, table in theirs.items():
        assert shared.rows(f"SELECT COUNT(*) FROM {table} WHERE cliente_id = 101") == [(counts[kind][0],)]


def test_what_could_not_be_brought_is_said_row_by_row(austral):
    lost = {one for one in found(austral) if one[2] != "altered"}
    date_of_nothing = "no_date" if austral_is_mariadb(austral) else "bad_value"
    assert lost == {
        ("rooms", "4", "rejected", "branch", "orphan"),
        ("patients", "4", "rejected", "given_name", "missing"),
        ("patients", "5", "left_out", "", "deleted_there"),
        ("patients", "6", "rejected", "", "same_id"),
        ("patients", "", "rejected", "", "no_id"),
        ("appointments", "6", "rejected", "patient", "orphan"),
        ("appointments", "7", "rejected", "patient", "orphan"),
        ("appointments", "8", "rejected", "ends_at", "ends_before_it_begins"),
        ("appointments", "9", "rejected", "state", "not_in_map"),
        ("appointments", "10", "rejected", "starts_at", "no_date"),
        ("appointments", "11", "rejected", "patient", "orphan"),
        ("appointments", "15", "rejected", "starts_at", "overlap"),
        ("appointments", "17", "rejected", "", "same_id"),
        ("appointments", "19", "rejected", "starts_at", date_of_nothing),
    }


def austral_is_mariadb(begun):
    return begun.slug.startswith("ma")


def test_what_came_otherwise_than_it_was_is_said_too(austral):
    altered = {
        (kind, key, field, reason)
        for kind, key, outcome, field, reason in found(austral)
        if outcome == "altered"
    }
    assert altered == {
        ("branches", "2", "phone", "bad_value"),
        ("rooms", "2", "name", "name_taken"),
        ("practitioners", "2", "email", "bad_value"),
        ("services", "2", "duration", "five_minutes"),
        ("services", "3", "price", "other_currency"),
        ("services", "4", "duration", "out_of_range"),
        ("patients", "2", "national_id", "bad_value"),
        ("patients", "2", "phone", "bad_value"),
        ("patients", "2", "email", "bad_value"),
        ("patients", "2", "birth_date", "bad_value"),
        ("patients", "3", "number", "number_taken"),
        ("appointments", "4", "starts_at", "five_minutes"),
        ("appointments", "5", "starts_at", "clock_gap"),
        ("appointments", "13", "room", "room_elsewhere"),
        ("appointments", "18", "number", "number_taken"),
    }


def test_broken_letters_are_mended_and_bad_values_stand_in_the_comments(austral, asked):
    assert asked(austral, "SELECT name FROM catalog_branch WHERE city = 'Santiago' ORDER BY id") == [
        ("Casa Matriz",),
        ("Peñalolén",),
        ("Vieja",),
    ]
    [(given, surname, national_id, comments)] = asked(
        austral,
        "SELECT given_name, paternal_surname, national_id, comments FROM patients_patient WHERE number = 12",
    )
    assert (given, surname, national_id) == ("María José", "Núñez", "")
    assert "11.111.111-2" in comments
    assert "llamar a la vecina" in comments


def test_each_visit_is_at_its_branchs_wall_clock(shared, austral, asked):
    """The server's clock shows Santiago; the south has another zone, and so has Madrid."""
    rows = asked(
        austral,
        "SELECT number, zone, local_date, local_minute, starts_at FROM agenda_appointment"
        " WHERE number IN (503, 516) ORDER BY number",
    )
    assert rows[0] == (503, "America/Punta_Arenas", "2024-07-02", 11 * 60, "2024-07-02 14:00:00")
    soon = zones.resolve(
        datetime.combine(SOON, datetime.min.time()) + timedelta(hours=12), "America/Santiago"
    )
    south = zones.local(soon.instant, "America/Punta_Arenas")
    assert rows[1][1:4] == ("America/Punta_Arenas", str(south.date()), south.hour * 60 + south.minute)
    madrid = bring(mapping_of(shared), 1)
    assert asked(
        madrid, "SELECT zone, local_date, local_minute, starts_at FROM agenda_appointment WHERE number = 2"
    ) == [("Europe/Madrid", "2024-07-01", 11 * 60, "2024-07-01 09:00:00")]
    assert asked(madrid, "SELECT price_minor FROM catalog_service") == [(4550,)]


def test_sums_agree_but_for_what_was_reported(shared, austral, asked):
    [(theirs,)] = shared.rows("SELECT SUM(precio) FROM prestaciones WHERE cliente_id = 101")
    [(ours,)] = asked(austral, "SELECT SUM(price_minor) FROM catalog_service")
    [(reported,)] = asked(austral, "SELECT SUM(amount) FROM foreign_finding WHERE kind = 'services'")
    assert int((theirs - ours) * 10_000) == reported == 1_004_000
    side = austral.report["appointments"]
    assert float(side["foreign_sum"]) - float(side["our_sum"]) == float(side["reported_sum"])


def test_visits_to_come_have_their_time_and_lie_above_one_another_as_far_as_allowed(austral, asked):
    rows = asked(
        austral, "SELECT number, is_overbooked FROM agenda_appointment WHERE number IN (502, 513, 514)"
    )
    assert sorted(rows) == [(502, 1), (513, 0), (514, 1)]
    claimed = asked(
        austral,
        "SELECT a.number, c.resource, c.lane, COUNT(*) FROM agenda_claim c JOIN agenda_appointment a"
        " ON a.id = c.appointment_id GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    )
    assert claimed == [(513, 1, 0, 6), (514, 1, 0, 3), (514, 1, 1, 3), (514, 2, 0, 6), (516, 1, 0, 6)]


def test_the_next_numbers_go_on_from_theirs(austral, asked):
    with tenancy.activate(directory.find(austral.slug)):
        branch = Appointment.objects.get(number=513).branch_id
        starts = datetime.combine(SOON + timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=15)
        made = agenda.book(
            agenda.Booking(branch_id=branch, starts_at=starts, outside_rules=True), by=STAFF, at=now()
        )
    assert made.number == max(number for (number,) in asked(austral, "SELECT number FROM agenda_appointment"))
    assert made.number > 522


def test_every_visit_says_in_its_trail_that_it_was_imported(austral, asked):
    assert asked(
        austral,
        "SELECT channel, action, COUNT(DISTINCT appointment_id), COUNT(*) FROM agenda_appointmentchange"
        " GROUP BY channel, action",
    ) == [("import", "imported", 11, 11)]
    lines = asked(austral, "SELECT action, COUNT(*) FROM audit_action WHERE channel = 'import' GROUP BY 1")
    assert dict(lines)["patient.imported"] == 4
    assert dict(lines)["centre.imported"] == 1


def test_nobody_gets_mail_but_visits_to_come_are_reminded(austral):
    with tenancy.activate(directory.find(austral.slug)):
        assert Delivery.objects.count() == 0
        visit = Appointment.objects.get(number=513)
        day_before = zones.at_minute(visit.local_date, 8 * 60, visit.zone)
        due = visits_to_remind(
            visit.branch_id, visit.zone, visit.local_date, due_at=day_before, at=day_before
        )
        assert 513 in due.values_list("number", flat=True)


def test_the_named_administrator_is_invited(austral, asked):
    assert asked(austral, "SELECT email, name FROM staff_staffmember") == [
        ("duena@austral.example", "Marcela Pinto")
    ]


def test_no_customer_has_rows_of_another(shared, asked):
    mapping = mapping_of(shared)
    centres = [bring(mapping, number) for number in range(3)]
    assert [asked(one, "SELECT COUNT(*) FROM agenda_appointment") for one in centres] == [
        [(11,)],
        [(2,)],
        [(1,)],
    ]
    assert asked(centres[2], "SELECT given_name FROM patients_patient") == [("Luis",)]


def test_brought_again_nothing_is_there_twice(shared, asked):
    mapping = mapping_of(shared)
    first = bring(mapping, 2)
    with pytest.raises(planning.CannotImport):
        bring(mapping, 2)
    assert asked(first, "SELECT COUNT(*) FROM agenda_appointment") == [(1,)]
    assert planning.waiting(mapping) == [mapping.centres[0].slug, mapping.centres[1].slug]


def test_a_centre_of_which_too_much_was_rejected_stays_closed_until_somebody_decides(shared):
    mapping = mapping_of(shared, most_rejected_percent=5)
    with pytest.raises(running.TooManyRejected):
        bring(mapping, 0)
    begun = planning.import_of(mapping.centres[0].slug)
    assert (begun.state, directory.find(begun.slug).state) == ("refused", "maintenance")
    assert mapping.centres[0].slug not in planning.waiting(mapping)
    assert len(list(planning.findings(begun))) > 10
    assert bring(mapping, 0, most_rejected_percent=60).state == "done"


def test_an_abort_removes_what_was_made(shared):
    mapping = mapping_of(shared, most_rejected_percent=5)
    with pytest.raises(running.TooManyRejected):
        bring(mapping, 0)
    begun = planning.import_of(mapping.centres[0].slug)
    place = Placement.objects.select_related("store").get(pk=begun.placement_id)
    route = place.route()
    running.abort(begun, clock=now)
    assert not Placement.objects.filter(slug=begun.slug).exists()
    assert not namespaces.exists(route)
    with pytest.raises(planning.NoSuchImport):
        running.abort(begun, clock=now)


def test_foreign_rows_that_change_meanwhile_stop_it_before_the_opening(shared):
    mapping = mapping_of(shared)
    added = "INSERT INTO pacientes (id, cliente_id, nombre) VALUES (1000, 103, 'Tarde')"

    def meddle(kind, rows):
        if kind == "appointments" and not shared.rows("SELECT id FROM pacientes WHERE id = 1000"):
            shared.run(added)

    with pytest.raises(NotEqual):
        bring(mapping, 2, progress=meddle)
    begun = planning.import_of(mapping.centres[2].slug)
    assert (begun.state, directory.find(begun.slug).state) == ("copied", "maintenance")
    assert "patients: 2 over there" in begun.error


def test_the_foreign_log_in_is_never_asked_to_write(shared):
    with sources.opened(mapping_of(shared).address) as source, pytest.raises(sources.SourceGone):
        source._query("DELETE FROM citas", [])
    assert shared.rows("SELECT COUNT(*) FROM citas WHERE cliente_id = 103") == [(1,)]


def test_a_dry_run_writes_nothing(shared):
    mapping = mapping_of(shared)
    before = Import.objects.count(), Placement.objects.count()
    with sources.opened(mapping.address) as source:
        plan = planning.preview(mapping, mapping.centres[0].slug, source)
    assert plan.rows == {
        "branches": 4,
        "rooms": 4,
        "practitioners": 3,
        "services": 4,
        "patients": 8,
        "appointments": 20,
    }
    assert (Import.objects.count(), Placement.objects.count()) == before


def test_another_mapping_cannot_go_on_with_what_was_begun(shared):
    first = mapping_of(shared, most_rejected_percent=5)
    with pytest.raises(running.TooManyRejected):
        bring(first, 0)
    other = mappings.from_dict(
        {**shared.mapping(server_zone="UTC"), "centre": [{**_centre_of(first), "customer": "101"}]}
    )
    with pytest.raises(planning.OtherMapping):
        bring(other, 0)


def _centre_of(mapping):
    one = mapping.centres[0]
    return {name: getattr(one, name) for name in ("slug", "customer", "name", "country", "zone")}


def test_into_a_store_on_another_engine(shared, server):
    described = stores.Description(
        name=f"destino-{shared.name}".replace("_", "-"), capacity=5, **server.pool(f"destino_{shared.name}")
    )
    given = shared.mapping(prefix=f"st{next(_names)}-")
    given["centre"][0]["store"] = stores.add(described).name
    begun = bring(mappings.from_dict(given), 0)
    with tenancy.activate(directory.find(begun.slug)):
        assert tenancy.current().engine == server.engine
        assert Appointment.objects.count() == 11
        assert Claim.objects.count() == 24
        visits = Appointment.objects.filter(is_overbooked=True).values_list("number", flat=True)
        assert sorted(visits) == [502, 514]
