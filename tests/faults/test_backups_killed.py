"""Backups, restores and rebuilds killed at any point, or without room: nothing lost, nothing half, and they go on."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.killing import kill_at, steps_of
from tests.installation import ROOT, Installation

pytestmark = pytest.mark.server
FULL = os.environ.get("RESERVO_FULL") == "1"
KILLS = 60 if FULL else 3
SLUG = "clinica"
CONTENT = ("catalog_branch", "staff_role", "audit_action", "jobs_recurringrun", "tenancy_counter")


@pytest.fixture(scope="module")
def backed_up(tmp_path_factory):
    places = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    installation = Installation(RESERVO_BACKUP_PLACES=" ".join(map(str, places)))
    installation.places = places
    installation.command("prepare")
    installation.command("tenants", "create", SLUG, "--name", "Clínica")
    change(installation, "then")
    installation.command("tenants", "backup", "--all")
    change(installation, "now")
    yield installation
    installation.end()


def place_of(installation):
    """Directory, file and epoch of the centre, by the control plane's own rows."""
    with closing(sqlite3.connect(installation.data / "control.db")) as control:
        return control.execute(
            "SELECT s.address, p.namespace, p.epoch FROM tenancy_placement p"
            " JOIN tenancy_store s ON s.id = p.store_id WHERE p.slug = ?",
            [SLUG],
        ).fetchone()


def centre_file(installation):
    address, namespace, _ = place_of(installation)
    return Path(address) / namespace


def change(installation, name):
    with closing(sqlite3.connect(centre_file(installation))) as centre, centre:
        centre.execute("UPDATE catalog_branch SET name = ?", [name])


def name_of(installation):
    """The branch's name, after what the program itself would do: the epochs agree."""
    address, namespace, epoch = place_of(installation)
    with closing(sqlite3.connect(Path(address) / namespace)) as centre:
        assert centre.execute("SELECT epoch FROM tenancy_namespaceepoch").fetchall() == [(epoch,)]
        assert centre.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return centre.execute("SELECT name FROM catalog_branch").fetchone()[0]


def restores(installation, state):
    with closing(sqlite3.connect(installation.data / "control.db")) as control:
        return control.execute("SELECT COUNT(*) FROM fleet_restore WHERE state = ?", [state]).fetchone()[0]


def spread(steps, count):
    luck = random.Random(11)
    width = steps // count
    return [part * width + luck.randrange(1, width) for part in range(count)]


def test_a_restore_killed_anywhere_is_whole_or_is_aborted_with_nothing_lost(backed_up):
    steps = steps_of(backed_up, "restore", SLUG)
    assert name_of(backed_up) == "then"
    backed_up.command("tenants", "restore", SLUG, "--undo")
    assert name_of(backed_up) == "now"
    for step in [*spread(steps, KILLS), steps - 40]:
        assert kill_at(backed_up, step, "restore", SLUG)
        if restores(backed_up, "loading"):
            backed_up.command("tenants", "restore", SLUG, "--abort")
            assert name_of(backed_up) == "now", step
        elif name_of(backed_up) == "then":
            backed_up.command("tenants", "restore", SLUG, "--undo")
        assert name_of(backed_up) == "now", step
    assert restores(backed_up, "loading") == 0
    assert [path.name for path in centre_file(backed_up).parent.glob(".*")] == []


def test_undoing_killed_anywhere_is_done_again_or_given_up(backed_up):
    backed_up.command("tenants", "restore", SLUG)
    steps = steps_of(backed_up, "restore", SLUG, "--undo")
    for step in [*spread(steps, KILLS), steps - 60, steps - 30]:
        backed_up.command("tenants", "restore", SLUG)
        assert kill_at(backed_up, step, "restore", SLUG, "--undo")
        backed_up.command("tenants", "restore", SLUG, "--abort", check=False)
        if name_of(backed_up) == "then":
            backed_up.command("tenants", "restore", SLUG, "--undo")
        assert name_of(backed_up) == "now", step


def test_a_restore_as_a_new_centre_killed_anywhere_is_taken_back(backed_up):
    steps = steps_of(backed_up, "restore", SLUG, "--as", "copia-entera")
    for number, step in enumerate(spread(steps, KILLS)):
        slug = f"copia-{number}"
        assert kill_at(backed_up, step, "restore", SLUG, "--as", slug)
        backed_up.command("tenants", "restore", slug, "--abort", check=False)
        if slug in backed_up.command("tenants", "list"):
            assert "epoch        1" in backed_up.command("tenants", "show", slug)
            assert f"{slug} is active" in backed_up.command("tenants", "state", slug, "active")
    assert name_of(backed_up) == "now"


def test_a_backup_killed_anywhere_leaves_no_half_one_and_the_next_is_sound(backed_up):
    steps = steps_of(backed_up, "backup", SLUG)
    for step in spread(steps, KILLS):
        assert kill_at(backed_up, step, "backup", SLUG)
        for line in backed_up.command("backups", "look", str(backed_up.places[0])).splitlines():
            assert line.endswith(".backup")
    said = backed_up.command("tenants", "backup", SLUG)
    assert "equal" in said
    assert list((backed_up.data / "scratch").iterdir()) == []
    assert "sound" in backed_up.command("backups", "check", SLUG)
    for place in backed_up.places:
        every_backup_is_sound(backed_up, place)


def every_backup_is_sound(installation, place):
    """Each one that calls itself a backup can be restored, wherever its writer was killed."""
    for number, path in enumerate(sorted(place.glob("*/centre-1/*.backup"))[-4:]):
        slug = f"prueba-{place.name[:5]}-{number}".replace("_", "-")
        installation.command("tenants", "restore", SLUG, "--from", str(path), "--as", slug)


def test_a_rebuild_killed_anywhere_goes_on_where_it_was(backed_up):
    backed_up.command("tenants", "backup", "--all")
    key = (backed_up.data / "backup.key").read_bytes()
    place = str(backed_up.places[1])

    def empty():
        made = Installation(RESERVO_BACKUP_PLACES=place)
        (made.data / "backup.key").write_bytes(key)
        return made

    whole = empty()
    steps = steps_of(whole, "rebuild", "--from", place)
    whole.end()
    for step in spread(steps, max(2, KILLS // 2)):
        again = empty()
        try:
            kill_at(again, step, "rebuild", "--from", place)
            again.command("rebuild", "--from", place, check=False)
            assert name_of(again) == "now"
            assert again.command("tenants", "list") == backed_up.command("tenants", "list")
        finally:
            again.end()


def without_room(installation, limit, *words):
    """No file may grow beyond the limit: what a full disk does, at a place that can be chosen."""

    def narrow():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [sys.executable, "-m", "reservo", *words],
        env=installation.environment,
        cwd=ROOT,
        preexec_fn=narrow,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


BACKUP = ("tenants", "backup", SLUG)
RESTORE = ("tenants", "restore", SLUG)
AS_NEW = (*RESTORE, "--as", "sin-lugar")
EXPORT = ("tenants", "export", SLUG, "--to", "{folder}/x.zip")


@pytest.mark.parametrize(
    ("words", "limit"),
    [(BACKUP, 12_000), (BACKUP, 400_000), (RESTORE, 400_000), (AS_NEW, 400_000), (EXPORT, 12_000)],
    ids=["backup-not-even-its-row", "backup", "restore", "as-new", "export"],
)
def test_without_room_it_says_so_and_nothing_is_lost_or_half(backed_up, tmp_path, words, limit):
    held = [sorted(place.rglob("*.backup")) for place in backed_up.places]
    done = without_room(backed_up, limit, *(word.format(folder=tmp_path) for word in words))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr.replace('"exception": "Traceback', "")
    assert "disk full?" in done.stderr or "File too large" in done.stderr or "disk I/O" in done.stderr
    if restores(backed_up, "loading"):
        backed_up.command("tenants", "restore", SLUG, "--abort")
    backed_up.command("tenants", "restore", "sin-lugar", "--abort", check=False)
    assert name_of(backed_up) == "now"
    assert "sin-lugar" not in backed_up.command("tenants", "list")
    assert [sorted(place.rglob("*.backup")) for place in backed_up.places] == held
    assert list(tmp_path.iterdir()) == []


def test_doctor_tells_of_the_backup_that_had_no_room(backed_up):
    without_room(backed_up, 400_000, "tenants", "backup", SLUG)
    said = backed_up.command("doctor", check=False)
    assert "backups failed or are not in every place: clinica" in said
    backed_up.command("tenants", "backup", SLUG)
    assert "0 backups failed" in backed_up.command("doctor", check=False)


def test_a_place_that_fills_up_is_named_and_the_other_has_the_backup(backed_up):
    second = backed_up.places[1]
    kept = second.with_name(f"{second.name}-kept")
    second.rename(kept)
    try:
        second.write_bytes(b"a file where the directory was")
        done = backed_up.command("tenants", "backup", SLUG, check=False)
        assert f"{second} is not there" in done
        assert "WRONG place 2 of backups" in backed_up.command("doctor", check=False)
    finally:
        second.unlink()
        kept.rename(second)
    assert shutil.disk_usage(second).free
