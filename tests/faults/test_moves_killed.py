"""A mover killed with SIGKILL at random moments: every acknowledged write is there once, at one place."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from tests.installation import ROOT, Installation

pytestmark = pytest.mark.server
FULL = os.environ.get("RESERVO_FULL") == "1"
MOVES = 100 if FULL else 4
SLUG = "clinica"
WRITER = """
import sys, time
import django; django.setup()
from datetime import datetime, timedelta, UTC
from reservo import tenancy
from reservo.core.actor import Actor
from reservo.core.clock import now
from reservo.agenda import operations as agenda
from reservo.catalog.models import Branch, Practitioner
from reservo.tenancy import directory, servers
from reservo.tenancy.backends.guard import StaleEpoch
by, n = Actor("staff", 1, "Andrea Leiva", "agenda"), 0
while True:
    directory.forget()
    try:
        with tenancy.activate(directory.find("clinica")):
            starts = datetime(2027, 3, 1, 12, 0, tzinfo=UTC) + timedelta(minutes=30 * n)
            made = agenda.book(agenda.Booking(branch_id=Branch.objects.first().pk, starts_at=starts,
                outside_rules=True), by=by, at=now())
        print(made.number, flush=True)
        n += 1
    except StaleEpoch:
        pass
    time.sleep(0.02)
"""


@pytest.fixture(scope="module")
def two_stores():
    installation = Installation()
    installation.command("prepare")
    for name in ("uno", "dos"):
        folder = installation.data / name
        installation.command(
            "stores", "add", name, "--engine", "sqlite", "--address", str(folder), "--capacity", "9"
        )
    installation.command("tenants", "create", SLUG, "--name", "Clínica", "--store", "uno")
    yield installation
    installation.end()


def test_a_killed_mover_loses_nothing(two_stores):
    luck = random.Random(7)
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER],
        env={**two_stores.environment, "DJANGO_SETTINGS_MODULE": "reservo.config.settings"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        where = "uno"
        for _ in range(MOVES):
            where = "dos" if where == "uno" else "uno"
            _move_with_a_kill(two_stores, where, luck)
    finally:
        writer.terminate()
        acknowledged = [int(line) for line in writer.communicate(timeout=30)[0].split()]
    assert len(acknowledged) > MOVES
    with sqlite3.connect(two_stores.data / "control.db") as control:
        store, namespace, epoch = control.execute(
            "SELECT s.address, p.namespace, p.epoch FROM tenancy_placement p JOIN tenancy_store s ON s.id = p.store_id"
        ).fetchone()
    with sqlite3.connect(f"{store}/{namespace}") as centre:
        numbers = [row[0] for row in centre.execute("SELECT number FROM agenda_appointment ORDER BY number")]
        held = centre.execute("SELECT epoch FROM tenancy_namespaceepoch").fetchall()
    assert set(acknowledged) <= set(numbers)
    assert numbers == list(range(1, len(numbers) + 1))
    assert held == [(epoch,)]


def _move_with_a_kill(installation: Installation, where: str, luck: random.Random) -> None:
    argv = [sys.executable, "-m", "reservo", "tenants", "move", SLUG, "--to", where]
    mover = subprocess.Popen(argv, env=installation.environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    time.sleep(luck.uniform(1.5, 4.0))
    if mover.poll() is None:
        mover.send_signal(signal.SIGKILL)
    mover.wait()
    said = installation.command("tenants", "move", SLUG, "--status", check=False)
    if f"→ {where}" not in said:
        installation.command("tenants", "move", SLUG, "--to", where)
    elif " done" not in said:
        installation.command("tenants", "move", SLUG, "--resume")
    assert f"→ {where} done" in installation.command("tenants", "move", SLUG, "--status")
