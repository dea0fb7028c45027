"""What went out into the world since a backup is not undone by restoring it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reservo import tenancy
from reservo.accounts.models import Membership
from reservo.adapters import files
from reservo.core.clock import now
from reservo.fleet import journal, moves, promoting
from reservo.fleet.backups import restoring, sources
from reservo.fleet.models import Backup, Move, Promotion, Restore
from reservo.jobs.models import Job, NextFiring, RecurringRun, Wakeup
from reservo.notifications.models import Delivery
from reservo.staff.models import StaffMember
from reservo.tenancy import directory
from reservo.tenancy.models import Placement
from reservo.tenants import stores
from tests.cast import make_cast
from tests.fleet.backing_up import back_up, numbers


@pytest.fixture
def cast(control):
    Backup.objects.all().delete()
    made = make_cast()
    yield made
    made.end()


def restore(cast):
    made = restoring.over_itself(cast.slug, sources.newest(cast.route.tenant_id), clock=now)
    cast.route = directory.find(cast.slug)
    return made


def sent_since(cast):
    """The mail that waited in the backup has left by now, by the job that is done."""
    with cast.active(), tenancy.atomic():
        Delivery.objects.filter(state="planned").update(state="accepted", settled_at=now())
        Job.objects.filter(state="waiting").update(state="done", finished_at=now())


def test_mail_that_left_since_the_backup_is_not_sent_again(cast, monday):
    cast.book(monday)
    back_up(cast.route)
    with cast.active():
        waiting = Delivery.objects.filter(state="planned").count()
        assert waiting
        assert Job.objects.filter(state="waiting").count() >= waiting
    sent_since(cast)
    restore(cast)
    with cast.active():
        assert set(Delivery.objects.values_list("state", flat=True)) == {"accepted"}
        assert not Job.objects.filter(state="waiting").exists()


def test_mail_that_still_waits_is_sent_after_a_restore(cast, monday):
    cast.book(monday)
    back_up(cast.route)
    restore(cast)
    with cast.active():
        assert Delivery.objects.filter(state="planned").exists()
        assert Job.objects.filter(state="waiting").exists()
    assert Wakeup.objects.filter(pk=cast.route.tenant_id, due_at__lte=now()).exists()
    assert NextFiring.objects.filter(pk=cast.route.tenant_id, at__lte=now()).exists()


def test_what_was_mailed_of_visits_made_since_stays_in_the_log(cast, monday):
    back_up(cast.route)
    cast.book(monday)
    sent_since(cast)
    with cast.active():
        log = set(Delivery.objects.values_list("pk", "subject_key"))
    restore(cast)
    assert numbers(cast.slug) == []
    with cast.active():
        assert set(Delivery.objects.values_list("pk", "subject_key")) == log


def test_mail_that_left_after_a_restore_is_not_sent_again_when_it_is_undone(cast, monday):
    cast.book(monday)
    back_up(cast.route)
    with cast.active(), tenancy.atomic():
        Delivery.objects.filter(state="planned").update(version="again")
    restore(cast)
    with cast.active(), tenancy.atomic():
        mail = Delivery.objects.filter(state="planned").first()
        identity = (mail.kind, mail.subject_key, "again", mail.to_address)
        Delivery.objects.create(
            **dict(zip(("kind", "subject_key", "version", "to_address"), identity, strict=True)),
            state="accepted",
            due_at=now(),
            settled_at=now(),
            created_at=now(),
            message_id="<planned-anew@test>",
        )
    restoring.undo(cast.slug, clock=now)
    cast.route = directory.find(cast.slug)
    with cast.active():
        same = Delivery.objects.filter(kind=identity[0], subject_key=identity[1], version="again")
        assert list(same.values_list("state", "message_id")) == [("accepted", "<planned-anew@test>")]


def test_a_recurring_job_that_fired_since_does_not_fire_again(cast):
    back_up(cast.route)
    today = now().date()
    with cast.active(), tenancy.atomic():
        RecurringRun.objects.create(job="reminders", branch_id=cast.branch, local_date=today, fired_at=now())
    restore(cast)
    with cast.active():
        assert RecurringRun.objects.filter(job="reminders", local_date=today).count() == 1


def test_a_new_centre_of_a_backup_does_not_do_the_work_of_the_first(cast, monday):
    cast.book(monday)
    back_up(cast.route)
    route = restoring.as_new(f"{cast.slug}-copia", sources.newest(cast.route.tenant_id), clock=now)
    with tenancy.activate(route):
        assert not Job.objects.filter(state__in=("waiting", "running")).exists()
    with cast.active():
        assert Job.objects.filter(state="waiting").exists()


def test_somebody_let_go_since_the_backup_does_not_come_back_in(cast):
    back_up(cast.route)
    with cast.active():
        user_id = StaffMember.objects.get(email=cast.email("receptionist")).user_id
    Membership.objects.filter(user_id=user_id, tenant_id=cast.route.tenant_id).delete()
    restore(cast)
    assert not Membership.objects.filter(user_id=user_id, tenant_id=cast.route.tenant_id).exists()


def test_pictures_of_the_backup_that_are_gone_are_put_back_and_newer_ones_stay(cast):
    store = files.current()
    store.write(f"{cast.slug}/logo-old.png", b"old")
    back_up(cast.route)
    store.delete(f"{cast.slug}/logo-old.png")
    store.write(f"{cast.slug}/logo-new.png", b"new")
    restore(cast)
    assert store.read(f"{cast.slug}/logo-old.png") == b"old"
    assert store.read(f"{cast.slug}/logo-new.png") == b"new"


def test_a_centre_that_is_being_moved_is_backed_up_without_the_movers_triggers(cast, monday):
    with cast.active():
        journal.begin()
    cast.book(monday)
    back_up(cast.route)
    restore(cast)
    with cast.active():
        assert journal._triggers(cast.route.engine) == set()
    cast.book(monday + timedelta(days=1))
    assert numbers(cast.slug) == [1, 2]


def test_two_restores_at_once_and_one_during_a_move_or_the_other_way_are_refused(cast, tmp_path):
    back_up(cast.route)
    source = sources.newest(cast.route.tenant_id)
    place = Placement.objects.select_related("store").get(slug=cast.slug)
    common = {"tenant_id": place.pk, "slug": cast.slug, "open_for": place.pk, "started_at": now()}
    other = Restore.objects.create(**common, source="x", data_of=now())
    with pytest.raises(restoring.CannotRestore, match="being restored already"):
        restoring.over_itself(cast.slug, source, clock=now)
    elsewhere = stores.Description(
        name="elsewhere", engine="sqlite", address=str(tmp_path), capacity=5, is_dedicated=True
    )
    with pytest.raises(moves.CannotMove, match="is being restored"):
        moves.plan(cast.slug, stores.add(elsewhere).name, at=now())
    other.delete()
    move = Move.objects.create(
        **common,
        source_store=place.store.name,
        source_namespace=place.namespace,
        target_store="x",
        target_namespace="x",
        epoch_before=1,
    )
    with pytest.raises(restoring.CannotRestore, match="being moved"):
        restoring.over_itself(cast.slug, source, clock=now)
    move.delete()
    assert numbers(cast.slug) == []


def begun(cast, **places):
    """A restore that has not ended."""
    whose = {"tenant_id": cast.route.tenant_id, "open_for": cast.route.tenant_id, "slug": cast.slug}
    return Restore.objects.create(**whose, **places, source="x", data_of=now(), started_at=now())


def test_nothing_changes_place_while_a_standby_takes_its_stores_place_nor_the_other_way(cast, tmp_path):
    back_up(cast.route)
    source = sources.newest(cast.route.tenant_id)
    here = Placement.objects.select_related("store").get(slug=cast.slug).store.name
    beside = f"beside-{cast.slug}"
    stores.add(stores.Description(name=beside, engine="sqlite", address=str(tmp_path), capacity=5))
    for promoted in (here, beside):
        promotion = Promotion.objects.create(
            store=promoted, open_for=promoted, from_address="a", to_address="b", started_at=now()
        )
        with pytest.raises(restoring.CannotRestore, match="becoming its primary"):
            restoring.over_itself(cast.slug, source, store=beside, clock=now)
        with pytest.raises(moves.CannotMove, match="becoming its primary"):
            moves.plan(cast.slug, beside, at=now())
        promotion.delete()
    assert promoting._restored(here) == promoting._restored(beside) == []
    open_one = begun(cast, before_store=here, after_store=beside)
    assert promoting._restored(here) == promoting._restored(beside) == [cast.slug]
    open_one.delete()
    stores.remove(beside)


def test_a_restore_into_a_store_that_is_away_is_given_up_and_says_what_stays_there(cast):
    dead = f"dead-{cast.slug}"
    place = {"engine": "postgresql", "address": "127.0.0.1:1/none", "login": "a", "provisioner": "p"}
    passwords = {"password": "x", "provisioner_password": "x"}
    stores.add(stores.Description(name=dead, capacity=5, **place, **passwords))
    here = Placement.objects.select_related("store").get(slug=cast.slug).store.name
    begun(cast, before_store=here, after_store=dead, after_namespace="half_filled")
    given_up = restoring.abort(cast.slug, at=now())
    assert given_up.report["copy_left"] == f"half_filled in {dead}, which does not answer"
    assert (given_up.state, given_up.open_for) == ("aborted", None)
    given_up.delete()
    stores.remove(dead)


def test_the_other_state_is_kept_for_a_week_and_then_deleted_on_order(cast, monday):
    back_up(cast.route)
    cast.book(monday)
    made = restore(cast)
    with pytest.raises(restoring.CannotRestore, match="is kept until"):
        restoring.forget(cast.slug, at=now() + timedelta(days=6))
    restoring.forget(cast.slug, at=made.ended_at + timedelta(days=7))
    with pytest.raises(restoring.CannotRestore, match="no other state"):
        restoring.undo(cast.slug, clock=now)
    assert numbers(cast.slug) == []


def test_a_restore_can_be_undone_only_once_and_restored_again(cast, monday):
    back_up(cast.route)
    cast.book(monday)
    restore(cast)
    restoring.undo(cast.slug, clock=now)
    with pytest.raises(restoring.CannotRestore):
        restoring.undo(cast.slug, clock=now)
    cast.route = directory.find(cast.slug)
    assert numbers(cast.slug) == [1]
    restore(cast)
    assert numbers(cast.slug) == []
    cast.book(monday)
    assert numbers(cast.slug) == [2]
