"""Starting: what the environment says is checked, and refused in words before anything is made."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def reservo(tmp_path, *words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "reservo", *words],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "src"),
            "RESERVO_DATA_DIR": str(tmp_path / "data"),
            **environment,
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"PORT": "abc"}, "PORT is not a port (1 to 65535): abc"),
        ({"PORT": "70000"}, "PORT is not a port"),
        ({"RESERVO_EVENTS_PORT": "0"}, "RESERVO_EVENTS_PORT is not a port"),
        ({"RESERVO_PUBLIC_URL": "centro.example"}, "RESERVO_PUBLIC_URL is not an address: centro.example"),
        ({"RESERVO_CLOCK_OFFSET": "+1h"}, "RESERVO_CLOCK_OFFSET is only for a demo installation; unset it."),
        (
            {"RESERVO_BACKUP_PLACES": "/mnt/near s3://key:secret@bucket"},
            "RESERVO_BACKUP_PLACES: s3://…: beside bucket and prefix only endpoint, region, profile stand in an",
        ),
        ({"RESERVO_BACKUP_PLACES": "ftp://host/x"}, "RESERVO_BACKUP_PLACES: ftp://: no archive of this kind"),
        ({"RESERVO_DATA_DIR": "/proc/no/such"}, "RESERVO_DATA_DIR: /proc/no/such"),
    ],
    ids=lambda given: str(given)[:40],
)
def test_a_wrong_variable_is_told_by_name(tmp_path, environment, words):
    done = reservo(tmp_path, "run", **environment)
    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_shifted_clock_that_cannot_be_read_is_told(tmp_path):
    done = reservo(tmp_path, "demo", "--prepare-only", RESERVO_CLOCK_OFFSET="tomorrow")
    assert "RESERVO_CLOCK_OFFSET is not like +21h30m or -2h: tomorrow" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_installation_with_real_data_does_not_become_a_demo(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "control.db").touch()
    done = reservo(tmp_path, "demo")
    assert "holds an installation that is no demo" in done.stderr
    assert not (tmp_path / "data" / "installation.json").exists()


@pytest.fixture
def taken():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        yield held.getsockname()[1]


@pytest.mark.parametrize("command", ["run", "demo"])
def test_a_taken_port_is_told_with_the_way_out_before_anything_is_made(tmp_path, taken, command):
    done = reservo(tmp_path, command, PORT=str(taken))
    assert f"Port {taken} is taken: choose another with PORT=…" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data" / "control.db").exists()


def test_a_taken_port_of_the_events_is_told_too_also_when_it_is_the_default(tmp_path, taken):
    words = f"Port {taken} is taken: choose another with RESERVO_EVENTS_PORT=…"
    assert words in reservo(tmp_path, "run", PORT="61999", RESERVO_EVENTS_PORT=str(taken)).stderr
    assert words in reservo(tmp_path, "run", PORT=str(taken - 1)).stderr


def test_the_help_lists_the_commands(tmp_path):
    listed = reservo(tmp_path, "help").stdout.split()
    for command in ("run", "web", "events", "worker", "scheduler", "tenants", "doctor", "schedule", "demo"):
        assert command in listed


def test_the_secret_key_is_made_once_and_readable_by_its_owner_alone(tmp_path):
    reservo(tmp_path, "tenants", "list")
    key = tmp_path / "data" / "secret.key"
    first = key.read_text()
    assert key.stat().st_mode & 0o077 == 0
    assert len(first) > 40
    reservo(tmp_path, "tenants", "list")
    assert key.read_text() == first
