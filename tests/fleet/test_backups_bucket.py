"""Backups in buckets of the S3 API, all the way: taken, proved, tidied, failures told of, restored, rebuilt from."""

from __future__ import annotations

import sqlite3
import sys
import uuid
from contextlib import closing
from datetime import timedelta

import pytest
from django.conf import settings

from reservo.adapters import archives
from reservo.console.queries import backups as shown
from reservo.core.clock import now
from reservo.fleet.backups import health, keeping, places, running, taking
from reservo.fleet.models import Backup
from tests.fleet.backing_up import back_up
from tests.installation import Installation, free_ports
from tests.objectstore import CREDENTIALS, SECRET

State = Backup.State


@pytest.fixture
def two_buckets(objects, monkeypatch):
    Backup.objects.all().delete()
    second = f"second-{uuid.uuid4().hex[:8]}"
    objects.make_bucket(second)
    found = [objects.address(uuid.uuid4().hex), objects.address("", bucket=second)]
    monkeypatch.setattr(settings, "RESERVO_BACKUP_PLACES", found)
    yield found
    Backup.objects.all().delete()


def wrong():
    return [found.what for found in health.findings(at=now()) if not found.well and "place" in found.what]


def content(address, name):
    with archives.at(address).open(name) as file:
        return file.read()


def test_a_backup_is_proved_in_the_first_bucket_and_handed_on_to_the_second(centre, two_buckets):
    backup = back_up(centre.route)
    assert (backup.state, backup.places) == (State.DONE, dict.fromkeys(two_buckets, "ok"))
    assert backup.verdict.endswith("equal")
    first, second = (content(address, backup.key) for address in two_buckets)
    assert first == second
    assert len(first) == backup.stored_bytes
    assert wrong() == []


def test_the_keeper_tidies_the_first_bucket_alone(centre, two_buckets):
    early = now() - timedelta(days=400)
    taken = [back_up(centre.route, at=early + timedelta(hours=hour)) for hour in range(3)]
    assert keeping.tidy(centre.route.tenant_id, at=now()) >= 1
    first, second = (archives.at(address) for address in two_buckets)
    for backup in taken:
        backup.refresh_from_db()
        assert (first.has(backup.key), second.has(backup.key)) == (backup.removed_at is None, True)
    assert first.has(taken[-1].key)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("s3://not-there/x?endpoint={endpoint}", "there is no such bucket"),
        ("s3://away/x?endpoint=http://127.0.0.1:{port}", "no answer (EndpointConnectionError)"),
    ],
    ids=["missing", "away"],
)
def test_a_bucket_that_fails_is_loud_and_made_good_later(
    centre, objects, two_buckets, monkeypatch, caplog, address, words
):
    good = two_buckets[1]
    two_buckets[1] = address.format(endpoint=objects.endpoint, port=free_ports(1)[0])
    monkeypatch.setattr(settings, "RESERVO_BACKUP_PLACES", two_buckets)
    backup = running.begin(centre.route.tenant_id, centre.slug, "test", at=now())
    assert running.run(backup)
    assert backup.state == State.PARTIAL
    assert words in backup.places[two_buckets[1]]
    assert words in caplog.text
    assert any(found.startswith("place 2 of backups") and words in found for found in wrong())
    assert shown.problems(now()).filter(pk=backup.pk).exists()
    monkeypatch.setattr(settings, "RESERVO_BACKUP_PLACES", [two_buckets[0], good])
    taking.catch_up(backup)
    assert (backup.state, backup.places[good]) == (State.DONE, "ok")


def test_without_credentials_nothing_is_taken_and_the_row_says_why(centre, two_buckets, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    backup = running.begin(centre.route.tenant_id, centre.slug, "test", at=now())
    assert not running.run(backup)
    assert (backup.state, "there are no credentials" in backup.error) == (State.FAILED, True)
    assert len([found for found in wrong() if "there are no credentials" in found]) >= 2


def test_without_boto3_the_other_place_takes_it(centre, two_buckets, tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("reservo.adapters.archives.aws")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.setattr(settings, "RESERVO_BACKUP_PLACES", [two_buckets[0], str(tmp_path)])
    backup = back_up(centre.route)
    assert (backup.state, backup.places[str(tmp_path)]) == (State.PARTIAL, "ok")
    assert archives.NO_BOTO3 in backup.places[two_buckets[0]]
    assert any(archives.NO_BOTO3 in found for found in wrong())


def test_one_that_was_emptied_is_not_taken_for_a_good_place(centre, two_buckets):
    backup = back_up(centre.route)
    archives.at(two_buckets[1]).delete(backup.key)
    assert any("the newest backup is not in it" in found for found in wrong())


def test_the_second_bucket_is_only_ever_added_to(two_buckets):
    second = places.every()[1]
    assert not hasattr(second, "delete")
    second.write("us/1", lambda put: put(b"first"))
    with pytest.raises(archives.AlreadyThere):
        second.write("us/1", lambda put: put(b"second"))


@pytest.fixture
def at_bucket(objects):
    place = objects.address(uuid.uuid4().hex)
    made = []

    def installation():
        made.append(Installation(RESERVO_BACKUP_PLACES=place, **CREDENTIALS))
        if len(made) > 1:
            (made[-1].data / "backup.key").write_bytes((made[0].data / "backup.key").read_bytes())
        return made[-1]

    yield place, installation
    for one in made:
        one.end()


def dump(installation, slug):
    with closing(sqlite3.connect(installation.data / "control.db")) as file:
        namespace = file.execute("SELECT namespace FROM tenancy_placement WHERE slug = ?", [slug]).fetchone()
    with closing(sqlite3.connect(installation.data / "tenants" / namespace[0])) as file:
        return [line for line in file.iterdump() if "namespaceepoch" not in line]


@pytest.mark.server
def test_from_backup_to_verdict_to_restore_to_a_platform_rebuilt(at_bucket):
    place, installation = at_bucket
    old = installation()
    old.command("prepare")
    old.command("tenants", "create", "andina", "--name", "Andina")
    said = old.command("tenants", "backup", "--all")
    assert said.count("equal") == 2
    one = said.split("  ok ")[1].split()[0]
    assert one.startswith(place.partition("?")[0])
    assert f"{one}: of " in old.command("backups", "check", "andina")
    assert one in old.command("backups", "look", place)
    assert "the state from before is kept" in old.command("tenants", "restore", "andina")
    assert "otra is there" in old.command("tenants", "restore", "andina", "--from", place, "--as", "otra")
    assert "mas is there" in old.command("tenants", "restore", "andina", "--from", one, "--as", "mas")
    assert "ok    place 1 of backups: s3://" in old.command("doctor", check=False)
    new = installation()
    assert "1 centres restored, 0 kept, 0 missing" in new.command("rebuild", "--from", place)
    assert dump(new, "andina") == dump(old, "andina")
    assert "equal" in new.command("tenants", "backup", "andina")
    assert f"removed from {place}" in new.command("backups", "tidy")


@pytest.mark.server
def test_what_is_wrong_with_a_bucket_is_one_sentence(at_bucket, objects):
    _, installation = at_bucket
    new = installation()
    (new.data / "backup.key").write_text("A" * 43 + "=")
    for address, words in (
        (objects.address("x", bucket="not-there"), "there is no such bucket"),
        (f"s3://key:{SECRET}@bucket", "credentials never do"),
        (objects.address("empty"), "has no backup of a control plane"),
    ):
        done = new.outcome("rebuild", "--from", address)
        assert done.returncode != 0
        assert words in done.stderr
        assert "Traceback" not in done.stderr + done.stdout
        assert SECRET not in done.stderr + done.stdout


@pytest.mark.server
def test_nothing_that_is_secret_stands_in_a_log_of_any_level(at_bucket):
    place, installation = at_bucket
    new = installation()
    token = "a-token-that-nobody-may-see"
    done = new.outcome("backups", "look", place, RESERVO_LOG_LEVEL="DEBUG", AWS_SESSION_TOKEN=token)
    assert done.returncode == 0
    assert SECRET not in done.stderr
    assert token not in done.stderr
