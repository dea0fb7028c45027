"""Nothing that was altered, cut, foreign or newer is ever restored, and refusing it changes nothing."""

from __future__ import annotations

import dataclasses
import io
import random
import sqlite3
from contextlib import closing

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from reservo.core.clock import now
from reservo.fleet import copies
from reservo.fleet.backups import (
    identity,
    keys,
    manifests,
    packing,
    places,
    restoring,
    sealing,
    sources,
    taking,
)
from reservo.fleet.models import Backup, Installation, Restore
from reservo.tenancy import directory
from reservo.tenancy.models import Placement
from tests.cast import make_cast
from tests.fleet.backing_up import back_up, content

UNSOUND = (sealing.Damaged, sealing.WrongKey, manifests.BadManifest)
FLIPS = 400


@pytest.fixture(scope="module")
def cast(control):
    made = make_cast()
    yield made
    made.end()


@pytest.fixture(scope="module")
def backup(cast):
    return back_up(cast.route)


@pytest.fixture
def path(backup):
    found = settings.RESERVO_DATA_DIR / "backups" / backup.key
    before = found.read_bytes()
    yield found
    found.write_bytes(before)


def unpacked(raw, folder):
    return packing.unpack(io.BytesIO(raw), folder, keys.current())


def test_a_flipped_bit_is_noticed_wherever_it_is(path, tmp_path):
    raw = path.read_bytes()
    chance = random.Random(7)
    spots = [*range(400), *(chance.randrange(len(raw)) for _ in range(FLIPS))]
    for number, spot in enumerate(spots):
        changed = bytearray(raw)
        changed[spot] ^= 1 << chance.randrange(8)
        with pytest.raises(UNSOUND):
            unpacked(bytes(changed), tmp_path / f"{number}")


def test_a_cut_is_noticed_wherever_it_is(path, tmp_path):
    raw = path.read_bytes()
    cuts = [*range(0, 600, 7), *range(600, len(raw), len(raw) // 60), len(raw) - 1]
    for cut in cuts:
        with pytest.raises(UNSOUND):
            unpacked(raw[:cut], tmp_path / f"{cut}")


def test_what_is_added_at_the_end_is_noticed(path, tmp_path):
    with pytest.raises(sealing.Damaged):
        unpacked(path.read_bytes() + b"\0", tmp_path / "more")


def test_chunks_cannot_be_swapped_or_left_out(tmp_path):
    key, parts = keys.current(), []
    sealer = sealing.Sealer(parts.append, {"kind": "test"}, key)
    sealer.write(b"x" * (3 * sealing.CHUNK_BYTES))
    sealer.finish()
    head, *chunks = parts
    assert len(chunks) == 3
    for bad in ([chunks[1], chunks[0], chunks[2]], [chunks[0], chunks[2]], chunks[:2], [*chunks, chunks[2]]):
        with pytest.raises(sealing.Damaged):
            sealing.Unsealer(io.BytesIO(b"".join([head, *bad])), key).finish()


def test_a_chunk_of_one_backup_does_not_fit_another(tmp_path):
    key, first, second = keys.current(), [], []
    for parts in (first, second):
        sealer = sealing.Sealer(parts.append, {"kind": "test"}, key)
        sealer.write(b"same")
        sealer.finish()
    with pytest.raises(sealing.Damaged):
        sealing.Unsealer(io.BytesIO(first[0] + second[1]), key).finish()


def test_nothing_of_the_centre_can_be_read_without_the_key(path):
    raw = path.read_bytes()
    assert not any(word in raw for word in (b"Mu\xc3\xb1oz", b"data.db", b"SQLite"))


def test_a_damaged_backup_is_refused_and_the_centre_stays(cast, backup, path):
    before = content(cast.slug)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    with pytest.raises(CommandError, match="damaged; nothing was changed"):
        call_command("restore", cast.slug)
    assert content(cast.slug) == before
    assert not Restore.objects.filter(slug=cast.slug).exists()


def test_another_key_is_named_and_nothing_is_changed(cast, backup, monkeypatch):
    before = content(cast.slug)
    other = keys.Key(b"k" * 32, "")
    monkeypatch.setenv(keys.VARIABLE, other.text())
    with pytest.raises(CommandError, match=f"not the one it was sealed with.*not with {other.name}"):
        call_command("restore", cast.slug)
    assert content(cast.slug) == before


@pytest.mark.parametrize("text", ["x", "ñandú", "AAAA", ""])
def test_what_is_no_key_is_refused(monkeypatch, cast, text):
    monkeypatch.setenv(keys.VARIABLE, text or " ")
    with pytest.raises(CommandError, match="32 bytes in base64"):
        call_command("backup", cast.slug)
    Backup.objects.filter(state="running").delete()


def test_the_backup_of_another_centre_is_refused(cast, backup, other):
    before = content(other.slug)
    with pytest.raises(CommandError, match=f"it is of {cast.slug}, not of {other.slug}"):
        call_command("restore", other.slug, source=str(settings.RESERVO_DATA_DIR / "backups" / backup.key))
    assert content(other.slug) == before


def test_the_backup_of_another_installation_is_refused_but_makes_a_new_centre(cast, backup):
    own = Installation.objects.get()
    Installation.objects.update(identity="11111111-2222-3333-4444-555555555555")
    try:
        source = sources.in_place(places.first(), backup.key)
        with pytest.raises(restoring.ForeignBackup, match="another installation"):
            restoring.over_itself(cast.slug, source, clock=now)
        route = restoring.as_new(f"{cast.slug}-alla", source, clock=now)
        assert content(route.slug)[0]["patients_patient"] == content(cast.slug)[0]["patients_patient"]
    finally:
        own.save()


def test_the_control_planes_backup_is_not_taken_for_a_centre(cast):
    asked = Backup.objects.create(tenant_id=0, slug="", next_at=now())
    taking.take(asked, clock=now)
    source = sources.in_place(places.first(), asked.key)
    with pytest.raises(restoring.ForeignBackup, match="control plane"):
        restoring.over_itself(cast.slug, source, clock=now)


def repacked(cast, backup, tmp_path, change, touch=lambda path: None):
    """The same backup with another manifest, rightly sealed: what another release would have written."""
    folder, key = tmp_path / "unpacked", keys.current()
    with places.first().open(backup.key) as file:
        manifest = packing.unpack(file, folder, key)
    touch(folder / packing.DATA)
    manifest = change(
        dataclasses.replace(manifest, data=packing.part_of(packing.DATA, folder / packing.DATA))
    )
    target = tmp_path / "other.backup"
    with target.open("wb") as file:
        packing.pack(file.write, manifest, folder / packing.DATA, lambda name: b"", key)
    return str(target)


def test_the_backup_of_a_newer_release_is_refused(cast, backup, tmp_path):
    def newer(manifest):
        return dataclasses.replace(
            manifest, migrations=manifest.migrations | {"agenda": ["0001_initial", "0002_colour"]}
        )

    before = content(cast.slug)
    with pytest.raises(CommandError, match=r"newer release, which has agenda\.0002_colour"):
        call_command("restore", cast.slug, source=repacked(cast, backup, tmp_path, newer))
    assert content(cast.slug) == before


def test_the_backup_of_an_earlier_release_is_migrated_and_restored(cast, backup, tmp_path):
    """Its schema lacks what the crm's migration makes."""

    def without_crm(path):
        with closing(sqlite3.connect(path)) as file, file:
            names = file.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'crm_%'")
            for (name,) in names.fetchall():
                file.execute(f'DROP TABLE "{name}"')
            file.execute("DELETE FROM django_migrations WHERE app = 'crm'")

    def older(manifest):
        migrations = {app: names for app, names in manifest.migrations.items() if app != "crm"}
        tables = {name: digest for name, digest in manifest.tables.items() if not name.startswith("crm_")}
        return dataclasses.replace(manifest, migrations=migrations, tables=tables)

    path = repacked(cast, backup, tmp_path, older, without_crm)
    slug = f"{cast.slug}-antes"
    call_command("restore", cast.slug, source=path, new=slug)
    then, here = content(cast.slug)[0], content(slug)[0]
    assert {name for name in then if then[name] != here[name]} <= {"jobs_job"} | {
        name for name in then if name.startswith("crm_")
    }


@pytest.mark.parametrize(
    "raw", [b"", b"PK\3\4 a zip", b"SQLite format 3\0", b"RESERVO-BACKUP-1\n", b"\xff" * 5000]
)
def test_what_is_no_backup_is_refused(cast, tmp_path, raw):
    path = tmp_path / "file"
    path.write_bytes(raw)
    with pytest.raises(CommandError, match="damaged"):
        call_command("restore", cast.slug, source=str(path))


def test_a_manifest_that_lies_about_rows_is_noticed(cast, backup, tmp_path):
    def lie(manifest):
        digest = manifest.tables["patients_patient"]
        return dataclasses.replace(
            manifest,
            tables=manifest.tables
            | {"patients_patient": dataclasses.replace(digest, total=digest.total + 1)},
        )

    with pytest.raises(copies.NotEqual, match="patients_patient"):
        restoring.over_itself(cast.slug, sources.one(repacked(cast, backup, tmp_path, lie)), clock=now)


def test_a_backup_that_is_not_what_was_copied_does_not_count_and_does_not_stay(cast, monkeypatch):
    """The sealed stream is right; what it holds is not what the centre held."""
    real = taking.manifest_of_centre

    def lying(*args, **kwargs):
        manifest = real(*args, **kwargs)
        wrong = dataclasses.replace(manifest.tables["patients_patient"], count=99)
        return dataclasses.replace(manifest, tables=manifest.tables | {"patients_patient": wrong})

    monkeypatch.setattr(taking, "manifest_of_centre", lying)
    asked = Backup.objects.create(tenant_id=cast.route.tenant_id, slug=cast.slug, next_at=now())
    before = places.first().names(identity.folder_named(identity.own(), cast.route.tenant_id))
    with pytest.raises(copies.NotEqual):
        taking.take(asked, clock=now)
    assert places.first().names(identity.folder_named(identity.own(), cast.route.tenant_id)) == before
    asked.refresh_from_db()
    assert asked.state == Backup.State.DUE


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"slug": "no-hay-tal"}, "there is no centre no-hay-tal"),
        ({"store": "nowhere"}, "there is no store nowhere"),
        ({"new": "api"}, "cannot be an address: api"),
        ({"new": "SELF"}, "the address is taken"),
        ({"source": "/no/such/file"}, "/no/such/file is no file"),
        ({"does": "undo"}, "has not been restored"),
        ({"does": "abort"}, "is not being restored"),
        ({"does": "forget"}, "has not been restored"),
        ({"source": "EMPTY"}, "has none of"),
    ],
)
def test_each_wrong_wish_gets_a_clear_refusal(cast, backup, tmp_path, options, words):
    options = dict(options)
    slug = options.pop("slug", cast.slug)
    if options.get("new") == "SELF":
        options["new"] = cast.slug
    if options.get("source") == "EMPTY":
        options["source"] = str(tmp_path)
    before = Placement.objects.count()
    with pytest.raises(CommandError, match=words):
        call_command("restore", slug, **options)
    assert Placement.objects.count() == before
    assert directory.find(cast.slug).state == "active"
