"""An import killed with SIGKILL at random moments: the next run ends it, and every foreign row is there once."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from tests.faults import killing
from tests.foreign.shared import READER_PASSWORD, Shared, next_monday
from tests.installation import ROOT, Installation

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
FULL = os.environ.get("RESERVO_FULL") == "1"
KILLS = 40 if FULL else 5
STEPS = 40 if FULL else 4
PATIENTS = VISITS = 12_000 if FULL else 2_500
SLUG = "masiva"
CENTRE = f"""
[[centre]]
slug = "{SLUG}"
customer = "900"
name = "Clínica Masiva"
country = "CL"
zone = "America/Santiago"
"""


@pytest.fixture
def many(server):
    """The three customers, and a fourth with thousands of rows."""
    shared = Shared(server, f"masiva_{time.monotonic_ns()}", next_monday())
    shared.run(
        "INSERT INTO sucursales VALUES (900, 900, 'Masiva', NULL, 'Santiago', NULL, 0)\n"
        "INSERT INTO profesionales VALUES (900, 900, 'Ana', NULL, NULL, 0)\n"
        "INSERT INTO profesionales VALUES (901, 900, 'Beto', NULL, NULL, 0)\n"
        "INSERT INTO prestaciones VALUES (900, 900, 'Consulta', 30, 1000, '$', NULL)"
    )
    with closing(shared.connect()) as connection, connection.cursor() as cursor:
        for start in range(0, PATIENTS, 500):
            rows = [f"({n}, 900, {n}, 'Nombre {n}', 'Apellido')" for n in range(start + 1, start + 501)]
            cursor.execute(
                f"INSERT INTO pacientes (id, cliente_id, ficha, nombre, apellido_p) VALUES {', '.join(rows)}"
            )
        for start in range(0, VISITS, 500):
            rows = [_visit(n, shared.soon) for n in range(start + 1, start + 501)]
            cursor.execute(f"INSERT INTO citas VALUES {', '.join(rows)}")
    return shared


def _visit(number, soon):
    """Most are over; every tenth is to come, two at a time, at one of many hours."""
    hour = f"{8 + number % 10:02d}"
    day = f"2023-{1 + number // 28 % 12:02d}-{1 + number % 28:02d}" if number % 10 else str(soon)
    starts = f"{day} {hour}:00:00"
    who = 900 + number % 2
    return (
        f"({number}, 900, {number + 5000}, 900, {1 + number % PATIENTS}, {who}, NULL, 900,"
        f" '{starts}', '{day} {hour}:30:00', 'NUEVA', NULL, {int(number % 10 == 0 and number > 40)}, NULL)"
    )


@pytest.fixture
def installation():
    made = Installation(FOREIGN_PASSWORD=READER_PASSWORD)
    made.command("prepare")
    yield made
    made.end()


@pytest.fixture
def mapping_file(many, installation):
    path = installation.data / "mapping.toml"
    text = many.mapping_text()
    head, _, tail = text.partition("[values.states]")
    path.write_text(f"{head}{CENTRE}\n[values.states]{tail}")
    return path


def start(installation, *words):
    argv = [sys.executable, "-m", "reservo", "import", "shared-database", *map(str, words)]
    return subprocess.Popen(
        argv,
        env=installation.environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def kill(importer, seconds):
    """Whether it was still at work after so long."""
    time.sleep(seconds)
    was_running = importer.poll() is None
    importer.send_signal(signal.SIGKILL)
    importer.communicate()
    return was_running


def test_a_killed_import_is_ended_by_the_next_and_no_row_is_there_twice(many, installation, mapping_file):
    luck = random.Random(11)
    killed = 0
    for turn in range(KILLS):
        importer = start(installation, mapping_file, SLUG)
        if turn % 2 == 0:
            importer.stdout.readline()  # rows are being read
        killed += kill(importer, luck.uniform(0, 1.5) if turn % 2 == 0 else luck.uniform(1, 4))
    if "done" not in installation.command("import", "shared-database", str(mapping_file), SLUG, "--status"):
        installation.command("import", "shared-database", str(mapping_file), SLUG, timeout=300)
    assert killed > 1
    check_equal(many, installation)


def check_equal(many, installation):
    """With SQL of its own on both sides."""
    with closing(sqlite3.connect(installation.data / "control.db")) as control:
        folder, namespace, state = control.execute(
            "SELECT s.address, p.namespace, p.state FROM tenancy_placement p"
            " JOIN tenancy_store s ON s.id = p.store_id WHERE p.slug = ?",
            [SLUG],
        ).fetchone()
        assert state == "active"
        assert control.execute("SELECT state, open_for FROM foreign_import").fetchall() == [("done", None)]
    theirs = many.rows("SELECT folio, paciente_id FROM citas WHERE cliente_id = 900 ORDER BY folio")
    people = many.rows("SELECT ficha, nombre FROM pacientes WHERE cliente_id = 900 ORDER BY ficha")
    with closing(sqlite3.connect(f"{folder}/{namespace}")) as centre:
        rejected = centre.execute(
            "SELECT COUNT(*) FROM foreign_finding WHERE outcome = 'rejected'"
        ).fetchone()[0]
        ours = centre.execute(
            "SELECT a.number, p.number FROM agenda_appointment a JOIN patients_patient p ON p.id = a.patient_id"
            " ORDER BY 1"
        ).fetchall()
        assert (
            centre.execute("SELECT number, given_name FROM patients_patient ORDER BY 1").fetchall() == people
        )
        assert set(ours) <= set(theirs)
        assert len(ours) == len(set(ours)) == len(theirs) - rejected
        assert rejected < len(theirs) / 50
        doubled = "SELECT foreign_id FROM foreign_reference GROUP BY kind, foreign_id HAVING COUNT(*) > 1"
        assert centre.execute(doubled).fetchall() == []
        lines = "SELECT COUNT(*), COUNT(DISTINCT appointment_id) FROM agenda_appointmentchange"
        assert centre.execute(lines).fetchone() == (len(ours), len(ours))
        [taken] = centre.execute(
            "SELECT SUM(end_tick - first_tick) FROM agenda_appointment WHERE starts_at > ? AND state != 'deleted'",
            [str(many.soon)],
        ).fetchone()
        assert centre.execute("SELECT COUNT(*) FROM agenda_claim").fetchone() == (taken or 0,)
        assert centre.execute("SELECT COUNT(*) FROM notifications_delivery").fetchone() == (0,)


def test_what_a_killed_import_made_can_be_removed(many, installation, mapping_file):
    importer = start(installation, mapping_file, SLUG)
    assert "rows read" in importer.stdout.readline()
    assert kill(importer, 0.3)
    time.sleep(11)  # its lease
    said = installation.command("import", "shared-database", str(mapping_file), SLUG, "--abort")
    assert "aborted" in said
    assert [path.name for path in (installation.data / "tenants").glob(f"{SLUG}*")] == []
    with closing(sqlite3.connect(installation.data / "control.db")) as control:
        assert control.execute("SELECT COUNT(*) FROM tenancy_placement").fetchone() == (0,)


def test_killed_at_any_step_it_is_ended_by_the_next_run(many, installation):
    """Places, namespace, pages, verification, opening: some steps of each, the last ones among them."""

    def words(turn):
        path = installation.data / f"turn-{turn}.toml"
        path.write_text(many.mapping_text(prefix=f"t{turn}-"))
        return ("import_shared_database", str(path), f"t{turn}-miraflores")

    killing.steps_of(installation, *words("first"))  # it makes the template, which the others find
    steps = killing.steps_of(installation, *words("whole"))
    spots = [steps * part // STEPS for part in range(1, STEPS)] + [steps - 40, steps - 5]
    for turn, step in enumerate(spots):
        assert killing.kill_at(installation, step, *words(turn)), step
        installation.command(*words(turn))
    with closing(sqlite3.connect(installation.data / "control.db")) as control:
        ended = control.execute("SELECT state, COUNT(*) FROM foreign_import GROUP BY 1").fetchall()
        assert ended == [("done", len(spots) + 2)]
        places = control.execute(
            "SELECT s.address, p.namespace, p.state FROM tenancy_placement p JOIN tenancy_store s ON s.id = p.store_id"
        ).fetchall()
    assert [state for _, _, state in places] == ["active"] * (len(spots) + 2)
    assert len(list((installation.data / "tenants").glob("t*.db"))) == len(places)
    for folder, namespace, _ in places:
        with closing(sqlite3.connect(f"{folder}/{namespace}")) as centre:
            for table in (
                "agenda_appointment",
                "agenda_appointmentchange",
                "patients_patient",
                "catalog_branch",
            ):
                assert centre.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (1,), (namespace, table)


def test_so_many_of_the_list_in_a_night(many, installation, mapping_file):
    words = ("import", "shared-database", str(mapping_file))
    said = installation.command(*words, "--at-most", "2")
    assert [line.split(":")[1].strip() for line in said.splitlines() if "from customer" in line] == [
        "done",
        "done",
    ]
    said = installation.command(*words, "--at-most", "9", "--status")
    assert said.count(": done") == 2
    assert "miraflores was not begun" in said
    report = installation.command(*words, "austral", "--report")
    assert report.splitlines()[0] == "kind,foreign_id,outcome,field,reason,detail"
    assert "rooms,4,rejected,branch,orphan,77" in report.splitlines()
    dry = installation.command(*words, "miraflores", "--dry-run")
    assert "nothing was done" in dry
