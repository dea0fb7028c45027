"""The keeper as a process: it finds what is due, takes it, and ends when it is told to."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import pytest

from tests.installation import Installation

pytestmark = pytest.mark.server
LONGEST_SECONDS = 60


@pytest.fixture
def installation(tmp_path):
    made = Installation(RESERVO_BACKUP_PLACES=str(tmp_path))
    made.command("prepare")
    made.command("tenants", "create", "andina", "--name", "Andina")
    yield made
    made.end()


def rows(installation, sql):
    with closing(sqlite3.connect(installation.data / "control.db")) as file:
        return file.execute(sql).fetchall()


def test_a_new_centre_and_then_the_control_plane_are_backed_up_by_themselves(installation):
    installation.start("keeper", wait=False)
    end = time.monotonic() + LONGEST_SECONDS
    done = []
    while time.monotonic() < end and not done:
        done = rows(installation, "SELECT tenant_id FROM fleet_backup WHERE state = 'done' AND tenant_id = 1")
        time.sleep(0.2)
    assert done == [(1,)], installation.log.read_text()
    assert "ok    keeper is alive" in installation.command("doctor", check=False)
    asked = rows(installation, "SELECT tenant_id, state FROM fleet_backup WHERE tenant_id = 0")
    assert asked == [(0, "due")]
    process = installation.process
    installation.stop()
    assert process.returncode == 0
