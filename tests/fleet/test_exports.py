"""An export is the centre whole and open; imported anywhere it is equal, and nothing in it is trusted."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import zipfile
from contextlib import closing

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from reservo import tenancy
from reservo.accounts import operations as accounts
from reservo.accounts.models import Membership, User
from reservo.adapters import files
from reservo.core.clock import now
from reservo.fleet import exports
from reservo.staff.models import StaffMember
from reservo.tenancy import connections, directory
from reservo.tenancy.models import Placement
from tests.cast import make_cast
from tests.fleet.backing_up import PAIRS, content, stores_of_each_kind

SAME_PEOPLE = {"jobs_job"}


@pytest.fixture(scope="module")
def cast(control):
    made = make_cast()
    files.current().write(f"{made.slug}/logo-1.png", b"a picture")
    yield made
    made.end()


@pytest.fixture(scope="module")
def zipped(cast, tmp_path_factory):
    path = tmp_path_factory.mktemp("exports") / "centro.zip"
    exports.write(cast.slug, path, at=now())
    return path


def differing(first, second):
    return {name for name in first if first[name] != second[name]}


@pytest.mark.server
@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_an_export_round_trips_equal_between_any_engines(
    control, every_server, engines, monkeypatch, tmp_path, monday, source, target
):
    monkeypatch.setenv("RESERVO_DEFAULT_STORE", engines[source])
    cast = make_cast()
    cast.book(monday)
    first = exports.write(cast.slug, tmp_path / "first", at=now())
    slug = f"{cast.slug}-alla"
    exports.take_in(slug, tmp_path / "first", store=engines[target], at=now())
    assert directory.find(slug).engine == target
    assert content(slug)[0] == first.tables | {
        name: content(slug)[0][name] for name in differing(first.tables, content(slug)[0]) & SAME_PEOPLE
    }
    second = exports.write(slug, tmp_path / "second.zip", at=now())
    assert differing(first.tables, second.tables) <= SAME_PEOPLE
    assert differing(first.sequences, second.sequences) == set()
    connections.close_all()


@pytest.fixture(scope="module")
def engines(control, every_server, tmp_path_factory):
    return stores_of_each_kind(every_server, tmp_path_factory.mktemp("centres"))


def test_it_is_one_sqlite_file_its_attachments_and_a_manifest(cast, zipped):
    with zipfile.ZipFile(zipped) as archive:
        assert archive.namelist() == ["manifest.json", "data.db", "files/logo-1.png"]
        assert archive.read("files/logo-1.png") == b"a picture"
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["facts"]["name"] == "Clínica de Prueba"
    assert manifest["tables"]["patients_patient"][0] == 1


def test_anybody_can_read_it_with_sqlite_alone(zipped, tmp_path):
    with zipfile.ZipFile(zipped) as archive:
        archive.extract("data.db", tmp_path)
    with closing(sqlite3.connect(tmp_path / "data.db")) as file:
        assert file.execute("SELECT given_name, paternal_surname FROM patients_patient").fetchall() == [
            ("José", "Muñoz")
        ]


def test_its_sums_can_be_computed_by_the_format_document_alone(cast, monday, tmp_path):
    """With nothing of ours but the file: sqlite3, json, hashlib."""
    cast.book(monday)
    exports.write(cast.slug, tmp_path / "open", at=now())
    manifest = json.loads((tmp_path / "open" / "manifest.json").read_text())
    read = {
        "boolean": bool,
        "json": json.loads,
        "instant": lambda text: f"{text[:10]}T{text[11:19]}.{text[20:].ljust(6, '0')}Z",
        "uuid": lambda text: "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:])),
    }
    with closing(sqlite3.connect(tmp_path / "open" / "data.db")) as file:
        for table, (count, expected) in manifest["tables"].items():
            columns = manifest["columns"][table]
            found = file.execute(f"SELECT {', '.join(name for name, _ in columns)} FROM {table}").fetchall()
            total = 0
            for row in found:
                values = [
                    value if value is None else read.get(kind, lambda same: same)(value)
                    for value, (_, kind) in zip(row, columns, strict=True)
                ]
                raw = json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
                total += int.from_bytes(hashlib.blake2b(raw, digest_size=16).digest(), "big")
            assert (len(found), str(total % 2**128)) == (count, expected), table


def test_no_password_travels_with_it(cast, zipped):
    scrambled = User.objects.get(email=cast.email("administrator")).password
    with zipfile.ZipFile(zipped) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert scrambled.encode() not in everything
    assert b"argon2" not in everything


def test_what_was_deleted_in_the_centre_does_not_travel_in_empty_pages(cast, tmp_path):
    with cast.active(), tenancy.atomic():
        StaffMember.objects.filter(pk=1).update(name="Borrada Del Todo" * 4)
    with cast.active(), tenancy.atomic():
        StaffMember.objects.filter(pk=1).update(name="Ada")
    exports.write(cast.slug, tmp_path / "open", at=now())
    assert b"Borrada" not in (tmp_path / "open" / "data.db").read_bytes()


def test_imported_it_waits_in_maintenance_with_its_pictures_and_its_people(cast, zipped):
    slug = f"{cast.slug}-dos"
    route = exports.take_in(slug, zipped, at=now())
    assert route.state == "maintenance"
    assert files.current().read(f"{slug}/logo-1.png") == b"a picture"
    here = Membership.objects.filter(tenant_id=route.tenant_id).count()
    assert here == Membership.objects.filter(tenant_id=cast.route.tenant_id).count() == 4
    with tenancy.activate(route):
        users = set(StaffMember.objects.values_list("email", "user_id"))
    assert users == {(email, User.objects.get(email=email).pk) for email, _ in users}


def test_people_unknown_here_are_made_without_a_password_and_their_rows_name_them(cast, zipped, tmp_path):
    """As at another operator, where other people have the numbers."""
    shutil.unpack_archive(zipped, tmp_path / "open")
    path = tmp_path / "open" / "manifest.json"
    manifest = json.loads(path.read_text())
    for person in manifest["people"]:
        person["email"] = f"nueva-{person['email']}"
    path.write_text(json.dumps(manifest))
    route = exports.take_in(f"{cast.slug}-tres", tmp_path / "open", at=now())
    with tenancy.activate(route):
        members = list(StaffMember.objects.values_list("email", "user_id"))
    assert len(members) == 4
    for email, user_id in members:
        user = User.objects.get(pk=user_id)
        assert (user.email, user.has_usable_password()) == (f"nueva-{email}", False)
        with pytest.raises(accounts.WrongCredentials):
            accounts.authenticate(user.email, "", client="test", at=now())


@pytest.mark.parametrize("suffix", [".zip", ""])
def test_an_export_never_writes_over_anything(cast, tmp_path, suffix):
    target = tmp_path / f"there{suffix}"
    target.write_bytes(b"mine")
    with pytest.raises(CommandError, match="is there already"):
        call_command("export", cast.slug, to=target)
    assert target.read_bytes() == b"mine"
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_an_export_to_nowhere_or_of_nobody_is_refused(cast, tmp_path):
    with pytest.raises(CommandError, match="is no directory"):
        call_command("export", cast.slug, to=tmp_path / "no" / "way.zip")
    with pytest.raises(CommandError, match="there is no centre nadie"):
        call_command("export", "nadie", to=tmp_path / "x.zip")


class Bad:
    """An export somebody has had a hand in: each changes the opened directory."""

    @staticmethod
    def manifest_gone(folder):
        (folder / "manifest.json").unlink()

    @staticmethod
    def data_gone(folder):
        (folder / "data.db").unlink()

    @staticmethod
    def picture_gone(folder):
        (folder / "files" / "logo-1.png").unlink()

    @staticmethod
    def manifest_is_no_json(folder):
        (folder / "manifest.json").write_text("{")

    @staticmethod
    def manifest_is_a_list(folder):
        (folder / "manifest.json").write_text("[1, 2]")

    @staticmethod
    def another_format(folder):
        change(folder, format=2)

    @staticmethod
    def a_row_was_changed(folder):
        run(folder, "UPDATE patients_patient SET given_name = 'Otro'")

    @staticmethod
    def a_row_was_changed_and_the_sum_of_the_file_with_it(folder):
        run(folder, "UPDATE patients_patient SET given_name = 'Otro'")
        again(folder)

    @staticmethod
    def a_trigger_was_put_in(folder):
        run(folder, "CREATE TRIGGER x AFTER INSERT ON jobs_job BEGIN DELETE FROM patients_patient; END")
        again(folder)

    @staticmethod
    def a_view_stands_for_a_table(folder):
        run(folder, "CREATE VIEW y AS SELECT 1")
        again(folder)

    @staticmethod
    def a_column_is_gone(folder):
        run(folder, "ALTER TABLE patients_patient RENAME COLUMN given_name TO other")
        again(folder)

    @staticmethod
    def data_are_no_database(folder):
        (folder / "data.db").write_bytes(b"x" * 5000)
        again(folder)

    @staticmethod
    def a_relation_leads_nowhere(folder):
        run(folder, "PRAGMA foreign_keys=OFF", "UPDATE staff_staffmember SET role_id = 999")
        again(folder)

    @staticmethod
    def a_file_leads_out(folder):
        change(folder, files=[{"name": "../../up.png", "bytes": 1, "sha256": "00"}])

    @staticmethod
    def a_file_is_longer_than_it_says(folder):
        (folder / "files" / "logo-1.png").write_bytes(b"a picture and more")

    @staticmethod
    def a_newer_release(folder):
        plain = json.loads((folder / "manifest.json").read_text())
        change(folder, migrations=plain["migrations"] | {"agenda": ["0001_initial", "0009_x"]})

    @staticmethod
    def an_unknown_country(folder):
        plain = json.loads((folder / "manifest.json").read_text())
        change(folder, facts=plain["facts"] | {"country": "XX"})


def change(folder, **values):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def run(folder, *statements):
    with closing(sqlite3.connect(folder / "data.db")) as file, file:
        for statement in statements:
            file.execute(statement)


def again(folder):
    """Make the manifest's sum of the file right."""
    from dataclasses import asdict

    from reservo.fleet.backups import packing

    change(folder, data=asdict(packing.part_of("data.db", folder / "data.db")))


BAD = [name for name in vars(Bad) if not name.startswith("_")]


@pytest.mark.parametrize("name", BAD)
def test_what_somebody_had_a_hand_in_is_refused_and_no_centre_is_made(cast, zipped, tmp_path, name):
    shutil.unpack_archive(zipped, tmp_path / "open")
    getattr(Bad, name)(tmp_path / "open")
    slugs = set(Placement.objects.values_list("slug", flat=True))
    with pytest.raises(CommandError):
        call_command("import_centre", "malo", source=tmp_path / "open")
    assert set(Placement.objects.values_list("slug", flat=True)) == slugs
    assert not (tmp_path / "up.png").exists()


@pytest.mark.parametrize("raw", [b"", b"not a zip", b"PK\3\4" + b"\0" * 100])
def test_what_is_no_zip_is_refused(cast, tmp_path, raw):
    path = tmp_path / "bad.zip"
    path.write_bytes(raw)
    with pytest.raises(CommandError):
        call_command("import_centre", "malo", source=path)


def test_a_flipped_byte_in_the_zip_is_noticed(cast, zipped, tmp_path):
    raw = zipped.read_bytes()
    with exports.opened(zipped) as opened:
        tables = opened.manifest.tables
    for spot in range(200, len(raw) - 200, len(raw) // 25):
        changed = bytearray(raw)
        changed[spot] ^= 0x10
        path = tmp_path / f"{spot}.zip"
        path.write_bytes(changed)
        try:
            with exports.opened(path) as opened:
                assert opened.manifest.tables == tables, spot
        except (ValueError, RuntimeError, OSError):
            continue


def test_import_refuses_a_taken_and_an_impossible_address(cast, zipped):
    for slug, words in ((cast.slug, "address is taken"), ("api", "cannot be an address")):
        with pytest.raises(CommandError, match=words):
            call_command("import_centre", slug, source=zipped)
    with pytest.raises(CommandError, match="there is no store nowhere"):
        call_command("import_centre", "otro-centro", source=zipped, store="nowhere")
