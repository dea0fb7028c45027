"""A platform made again on an empty machine from backups alone; a centre taken to another operator with the key."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing

import pytest

from tests.installation import Installation
from tests.servers import PostgresServer, missing

pytestmark = pytest.mark.server
SLUGS = ("andina", "boreal")


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    place = tmp_path_factory.mktemp("place")
    made = Installation(RESERVO_BACKUP_PLACES=str(place))
    made.place = place
    made.command("prepare")
    for slug in SLUGS:
        made.command(
            *("tenants", "create", slug, "--name", f"Clínica {slug}"),
            *("--admin-email", f"ana@{slug}.example", "--password-stdin"),
            input="una-clave-larga-7\n",
        )
    made.command("tenants", "backup", "--all")
    yield made
    made.end()


@pytest.fixture
def empty(old):
    made = Installation(RESERVO_BACKUP_PLACES=str(old.place))
    (made.data / "backup.key").write_bytes((old.data / "backup.key").read_bytes())
    yield made
    made.end()


def refusal(installation, *words, **environment):
    with pytest.raises(AssertionError) as refused:
        installation.command(*words, **environment)
    return str(refused.value)


def sqlite_dump(path):
    with closing(sqlite3.connect(path)) as file:
        return [line for line in file.iterdump() if "namespaceepoch" not in line]


def control(installation, sql):
    with closing(sqlite3.connect(installation.data / "control.db")) as file:
        return file.execute(sql).fetchall()


def files_of(installation):
    return {
        row[0]: installation.data / "tenants" / row[1]
        for row in control(installation, "SELECT slug, namespace FROM tenancy_placement")
    }


def test_everything_is_there_again_row_for_row_and_the_report_says_how_old_it_is(old, empty):
    said = empty.command("rebuild", "--from", str(old.place))
    assert "2 centres restored, 0 kept, 0 missing in " in said
    assert "the newest data are 0 min" in said
    before, after = files_of(old), files_of(empty)
    assert set(after) == set(before) == set(SLUGS)
    for slug in SLUGS:
        assert sqlite_dump(after[slug]) == sqlite_dump(before[slug])
    for table in ("accounts_user", "accounts_membership", "tenants_tenant", "fleet_installation"):
        assert control(empty, f"SELECT * FROM {table}") == control(old, f"SELECT * FROM {table}")
    assert (empty.data / "secret.key").read_text() == (old.data / "secret.key").read_text()


def test_what_was_rebuilt_works(old, empty):
    empty.command("rebuild", "--from", str(old.place))
    assert "andina" in empty.command("tenants", "list")
    assert "equal" in empty.command("tenants", "backup", "andina")
    assert "nueva is ready" in empty.command("tenants", "create", "nueva", "--name", "Nueva")
    assert empty.command("tenants", "show", "andina").count("epoch        2") == 1


def test_a_damaged_newest_backup_is_told_of_and_the_one_before_is_taken(old, empty):
    old.command("tenants", "backup", "andina")
    newest = sorted(old.place.glob("*/centre-1/*.backup"))[-1]
    raw = bytearray(newest.read_bytes())
    raw[-200] ^= 1
    newest.write_bytes(raw)
    try:
        said = empty.command("rebuild", "--from", str(old.place))
        assert "andina: backup of" in said
        assert "Damaged" in said
        assert "2 centres restored" in said
    finally:
        newest.unlink()


def test_a_centre_newer_than_the_control_planes_backup_comes_back_with_its_people(old, empty):
    old.command(
        *(
            "tenants",
            "create",
            "nueva",
            "--name",
            "Nueva",
            "--admin-email",
            "eva@nueva.example",
            "--password-stdin",
        ),
        input="una-clave-larga-7\n",
    )
    old.command("tenants", "backup", "nueva")
    said = empty.command("rebuild", "--from", str(old.place))
    assert "3 centres restored" in said
    tenant = control(empty, "SELECT id FROM tenancy_placement WHERE slug = 'nueva'")
    assert tenant == control(old, "SELECT id FROM tenancy_placement WHERE slug = 'nueva'")
    people = "SELECT email, password FROM accounts_user WHERE email = 'eva@nueva.example'"
    assert control(empty, people) == control(old, people)
    with closing(sqlite3.connect(files_of(empty)["nueva"])) as centre:
        user_id = centre.execute("SELECT user_id FROM staff_staffmember").fetchone()[0]
    assert control(empty, f"SELECT email FROM accounts_user WHERE id = {user_id}") == [("eva@nueva.example",)]


def test_without_the_key_or_with_another_nothing_is_begun(old, empty):
    key = empty.data / "backup.key"
    text = key.read_text()
    key.unlink()
    assert "there is no key" in refusal(empty, "rebuild", "--from", str(old.place))
    assert not key.exists()
    assert "not the one it was sealed with" in refusal(
        empty, "rebuild", "--from", str(old.place), RESERVO_BACKUP_KEY="A" * 43 + "="
    )
    assert not (empty.data / "control.db").exists()
    assert "restored" in empty.command("rebuild", "--from", str(old.place), RESERVO_BACKUP_KEY=text.strip())


def test_another_secret_in_the_environment_is_refused(old, empty):
    said = refusal(empty, "rebuild", "--from", str(old.place), RESERVO_SECRET_KEY="another-secret")
    assert "RESERVO_SECRET_KEY is not the old installation's" in said
    assert not (empty.data / "control.db").exists()


def test_a_directory_in_use_an_empty_place_and_a_missing_one_are_refused(old, empty, tmp_path):
    assert "in an empty directory only" in refusal(old, "rebuild", "--from", str(old.place))
    assert "no backup of a control plane" in refusal(empty, "rebuild", "--from", str(tmp_path))
    assert "is not there" in refusal(empty, "rebuild", "--from", str(tmp_path / "gone"))


def test_a_place_of_two_installations_is_asked_about(old, empty):
    other = Installation(RESERVO_BACKUP_PLACES=str(old.place))
    try:
        (other.data / "backup.key").write_bytes((old.data / "backup.key").read_bytes())
        other.command("prepare")
        other.command("tenants", "create", "andina", "--name", "Otra Andina")
        other.command("tenants", "backup", "--all")
        said = refusal(empty, "rebuild", "--from", str(old.place))
        assert "of several installations" in said
        ours = control(old, "SELECT identity FROM fleet_installation")[0][0]
        ours = f"{ours[:8]}-{ours[8:12]}-{ours[12:16]}-{ours[16:20]}-{ours[20:]}"
        assert "restored" in empty.command("rebuild", "--from", str(old.place), "--installation", ours)
        assert "Clínica andina" in empty.command("tenants", "list")
    finally:
        for folder in {path.parent.parent for path in old.place.glob("*/control/*")}:
            if str(folder.name) != str(ours):
                subprocess.run(["rm", "-r", str(folder)], check=True)
        other.end()


def test_another_operator_with_the_key_restores_a_centre_under_an_address_of_their_own(old):
    theirs = Installation()
    try:
        (theirs.data / "backup.key").write_bytes((old.data / "backup.key").read_bytes())
        theirs.command("prepare")
        theirs.command(
            *("tenants", "create", "vecina", "--name", "V"),
            *("--admin-email", "x@vecina.example", "--password-stdin"),
            input="una-clave-larga-7\n",
        )
        said = theirs.command("tenants", "restore", "boreal", "--from", str(old.place), "--as", "boreal-sur")
        assert "boreal-sur is there" in said
        with closing(sqlite3.connect(files_of(theirs)["boreal-sur"])) as centre:
            user_id, email = centre.execute("SELECT user_id, email FROM staff_staffmember").fetchone()
        assert email == "ana@boreal.example"
        assert control(theirs, f"SELECT email FROM accounts_user WHERE id = {user_id}") == [(email,)]
        assert user_id != 1
    finally:
        theirs.end()


def test_centres_of_a_server_are_kept_if_it_survived_and_go_onto_another_store_if_not(tmp_path):
    if program := missing("postgresql"):
        pytest.skip(program)
    server = PostgresServer()
    server.start()
    first = Installation(RESERVO_BACKUP_PLACES=str(tmp_path))
    first.command("prepare")
    first.add_store(server, "pool")
    first.command("tenants", "create", "andina", "--name", "Andina", "--store", "pool")
    first.command("tenants", "backup", "--all")
    second, third = (Installation(RESERVO_BACKUP_PLACES=str(tmp_path)) for _ in range(2))
    for made in (second, third):
        (made.data / "backup.key").write_bytes((first.data / "backup.key").read_bytes())
    try:
        assert "0 centres restored, 1 kept" in second.command("rebuild", "--from", str(tmp_path))
        assert "equal" in second.command("tenants", "backup", "andina")
        server.stop()
        assert "andina: NOT restored" in refusal(third, "rebuild", "--from", str(tmp_path))
        said = third.command("rebuild", "--from", str(tmp_path), "--onto", "embedded")
        assert "1 centres restored, 0 kept, 0 missing" in said
        assert "engine       sqlite" in third.command("tenants", "show", "andina")
        assert "equal" in third.command("tenants", "backup", "andina")
    finally:
        for made in (first, second, third):
            made.end()
        server.end()
