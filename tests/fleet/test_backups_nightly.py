"""Each night's backup: asked for at 03:00 of the centre, tried again, kept in two places, tidied, and told of."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings

from reservo import tenancy
from reservo.config.schedule import ENTRIES
from reservo.core.clock import now
from reservo.fleet.backups import health, keeping, places, running, taking, tasks
from reservo.fleet.models import Backup, Restore
from reservo.jobs import recurring, turns
from reservo.jobs.models import Heartbeat
from reservo.tenancy.models import Placement
from reservo.tenants.models import Tenant
from tests.cast import make_cast
from tests.fleet.backing_up import back_up, own_rows

State = Backup.State


@pytest.fixture(scope="module")
def cast(control):
    """Alone in the installation: the centres of other tests are away meanwhile."""
    active = list(Placement.objects.filter(state="active").values_list("pk", flat=True))
    others = Placement.objects.filter(pk__in=active)
    others.update(state="disabled")
    made = make_cast()
    yield made
    made.end()
    others.update(state="active")


@pytest.fixture(autouse=True)
def two_places(tmp_path, monkeypatch):
    Backup.objects.all().delete()
    found = [tmp_path / "first", tmp_path / "second"]
    for place in found:
        place.mkdir()
    monkeypatch.setattr(settings, "RESERVO_BACKUP_PLACES", [str(place) for place in found])
    yield found
    Backup.objects.all().delete()


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_it_is_asked_for_at_three_of_the_centres_own_clock(cast):
    entry = next(entry for entry in ENTRIES if entry.name == "backup")
    with cast.active():
        rows = recurring.preview([entry], at("2026-12-14 00:00"), at("2026-12-15 00:00"))
    assert [row["local"] for row in rows] == ["2026-12-14T03:00:00-03:00"]
    assert entry.task is tasks.ask_backup


def test_a_night_is_asked_for_once_however_often_the_job_runs(cast):
    with cast.active():
        for _ in range(3):
            tasks.ask_backup.function(branch_id=0, local_date="2026-12-14", due_at="")
    assert [row.due_on for row in own_rows(cast.route.tenant_id)] == [date(2026, 12, 14)]


def test_the_job_that_fired_is_done_by_the_worker_and_leaves_a_due_backup(cast):
    entry = next(entry for entry in ENTRIES if entry.name == "backup")
    three = at("2026-12-14 06:00")
    with cast.active():
        assert recurring.fire_due([entry], at=three) == 1
        assert recurring.fire_due([entry], at=three + timedelta(minutes=5)) == 0
        from reservo.jobs.models import Job

        Job.objects.filter(task="fleet.ask_backup").update(run_at=now())
        turns.take_turn("test")
    assert own_rows(cast.route.tenant_id).get().state == State.DUE


def test_the_control_plane_follows_its_centres_once_an_hour(cast):
    running.ask(cast.route.tenant_id, cast.slug, due_on=date(2026, 12, 14), at=now())
    running.ask(cast.route.tenant_id, cast.slug, due_on=date(2026, 12, 15), at=now())
    assert own_rows(0).count() == 1
    own_rows(0).update(state=State.DONE, taken_at=now() - timedelta(minutes=61))
    running.ask(cast.route.tenant_id, cast.slug, due_on=date(2026, 12, 16), at=now())
    assert own_rows(0).count() == 2


def test_a_keeper_takes_what_is_due_and_two_never_take_the_same(cast):
    running.ask(cast.route.tenant_id, cast.slug, due_on=date(2026, 12, 14), at=now())
    first = running.take_next("one", at=now())
    assert (first.slug, first.state, first.attempts) == (cast.slug, State.RUNNING, 1)
    assert running.take_next("two", at=now()) is None
    assert running.run(first)
    assert own_rows(cast.route.tenant_id).get().state == State.DONE


def test_what_a_dead_keeper_left_is_taken_by_another(cast):
    running.begin(cast.route.tenant_id, cast.slug, "dead", at=now() - timedelta(minutes=2))
    assert running.take_next("alive", at=now()) is None
    Backup.objects.update(beat_at=now() - timedelta(minutes=4))
    assert running.take_next("alive", at=now()).holder == "alive"


def test_a_failure_is_written_down_logged_and_tried_again_later_each_time(cast, two_places, caplog):
    for place in two_places:
        place.rmdir()
    asked = running.ask(cast.route.tenant_id, cast.slug, due_on=date(2026, 12, 14), at=now())
    waits = []
    for _ in range(running.ATTEMPTS):
        Backup.objects.filter(pk=asked.pk).update(next_at=now())
        backup = running.take_next("keeper", at=now())
        assert not running.run(backup)
        waits.append(round((backup.next_at - now()).total_seconds() / 60))
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert backup.state == State.FAILED
    assert "is not there" in backup.error
    assert sum("failed" in record.message for record in caplog.records) == running.ATTEMPTS


def test_one_place_that_is_gone_is_told_of_and_made_good_when_it_is_back(cast, two_places, caplog):
    second = two_places[1]
    second.rmdir()
    backup = running.begin(cast.route.tenant_id, cast.slug, "test", at=now())
    assert running.run(backup)
    assert backup.state == State.PARTIAL
    assert backup.places == {str(two_places[0]): "ok", str(second): f"{second} is not there"}
    assert "not everywhere" in caplog.text
    assert any(str(second) in bad.what for bad in wrong())
    second.mkdir()
    taking.catch_up(backup)
    assert backup.state == State.DONE
    assert (second / backup.key).read_bytes() == (two_places[0] / backup.key).read_bytes()


def test_after_a_night_without_a_place_all_are_handed_on_at_once(cast, two_places, monkeypatch):
    monkeypatch.setattr(running, "CAUGHT_UP_AT_ONCE", 2)
    monkeypatch.setattr(running, "ask_first_ones", lambda *, at: 0)
    two_places[1].rmdir()
    late = [back_up(cast.route) for _ in range(5)]
    Backup.objects.filter(state=State.DUE).delete()
    keeper = running.Keeper()
    assert not keeper.step(at=now())
    two_places[1].mkdir()
    keeper = running.Keeper()
    assert [keeper.step(at=now()) for _ in range(3)] == [True, True, False]
    assert all((two_places[1] / backup.key).exists() for backup in late)


def test_with_the_first_place_gone_the_second_takes_it(cast, two_places):
    two_places[0].rmdir()
    backup = running.begin(cast.route.tenant_id, cast.slug, "test", at=now())
    assert running.run(backup)
    assert (backup.state, (two_places[1] / backup.key).exists()) == (State.PARTIAL, True)


def wrong():
    return [found for found in health.findings(at=now()) if not found.well]


def test_a_mount_that_is_away_is_not_taken_for_an_empty_place(cast, two_places):
    back_up(cast.route)
    shutil.rmtree(two_places[1])
    two_places[1].mkdir()
    assert any("is it mounted?" in found.what for found in wrong())


def test_doctor_knows_of_old_and_of_missing_backups(cast):
    Tenant.objects.filter(pk=cast.route.tenant_id).update(created_at=now() - timedelta(days=3))
    assert any("without a backup" in found.what and cast.slug in found.what for found in wrong())
    backup = back_up(cast.route)
    assert not any(cast.slug in found.what for found in wrong())
    Backup.objects.filter(pk=backup.pk).update(taken_at=now() - timedelta(hours=27))
    assert any("without a backup" in found.what and cast.slug in found.what for found in wrong())


def test_doctor_is_content_when_all_is_well(cast):
    back_up(cast.route)
    taking.take(own_rows(0).get(), clock=now)
    Heartbeat.objects.create(process="keeper:test", kind="keeper", at=now())
    try:
        assert wrong() == []
    finally:
        Heartbeat.objects.filter(kind="keeper").delete()


def test_doctor_knows_of_a_restore_that_was_stopped(cast):
    restore = Restore.objects.create(
        tenant_id=cast.route.tenant_id,
        slug=cast.slug,
        open_for=cast.route.tenant_id,
        source="x",
        data_of=now(),
        started_at=now() - timedelta(hours=2),
    )
    assert any("stopped in the middle" in found.what and cast.slug in found.what for found in wrong())
    restore.delete()


def test_doctor_makes_neither_a_key_nor_a_place(control, monkeypatch, tmp_path):
    """In a directory that is to be rebuilt, or is the wrong one, they would be taken for the installation's own."""
    monkeypatch.setattr(settings, "RESERVO_DATA_DIR", tmp_path / "first")
    monkeypatch.setattr(settings, "RESERVO_BACKUP_PLACES", [])
    monkeypatch.delenv("RESERVO_BACKUP_KEY", raising=False)
    assert any("no key of backups yet" in one.what for one in health.findings(at=now()))
    assert list((tmp_path / "first").iterdir()) == []


def test_doctor_knows_of_a_single_place_and_of_a_bad_key(cast, monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "RESERVO_BACKUP_PLACES", [str(tmp_path)])
    monkeypatch.setenv("RESERVO_BACKUP_KEY", "nonsense")
    said = " ".join(found.what for found in wrong())
    assert "kept in two places" in said
    assert "is no backup key" in said


def days(*texts):
    return [datetime.fromisoformat(f"{text}T06:00+00:00") for text in texts]


def test_seven_days_four_weeks_and_three_months_stay():
    every_night = [at("2026-12-31 06:00") - timedelta(days=back) for back in range(200)]
    stay = sorted(keeping.kept(every_night, "America/Santiago"), reverse=True)
    assert stay == days(
        *("2026-12-31", "2026-12-30", "2026-12-29", "2026-12-28", "2026-12-27", "2026-12-26", "2026-12-25"),
        *("2026-12-20", "2026-12-13", "2026-11-30", "2026-10-31"),
    )


def test_an_outage_does_not_shorten_what_is_kept():
    taken = days("2026-12-31", "2026-09-03", "2026-09-02", "2026-05-05")
    assert keeping.kept(taken, "UTC") == set(taken)


def test_the_day_is_the_centres_own():
    """03:00 in Madrid and 23:00 the evening before in UTC: two local days, not one."""
    taken = [at("2026-12-14 22:30"), at("2026-12-14 23:30"), at("2026-12-14 23:45")]
    assert keeping.kept(taken, "Europe/Madrid") == {taken[0], taken[2]}


def test_tidying_removes_from_the_first_place_alone(cast, two_places):
    early = now() - timedelta(days=400)
    backups = [back_up(cast.route, at=early + timedelta(hours=hour)) for hour in range(3)]
    assert keeping.tidy(cast.route.tenant_id, at=now()) >= 1
    for backup in backups:
        backup.refresh_from_db()
        gone = backup.removed_at is not None
        assert (two_places[0] / backup.key).exists() is not gone
        assert (two_places[1] / backup.key).exists()
    assert places.first().has(backups[-1].key)


def test_a_new_centre_does_not_wait_for_its_first_night(cast):
    assert running.ask_first_ones(at=now()) >= 1
    assert own_rows(cast.route.tenant_id).get().state == State.DUE
    with tenancy.control():
        assert not Backup.objects.filter(tenant_id=cast.route.tenant_id, due_on__isnull=False).exists()
