"""Log-ins that are over and old failures do not stay for ever; those that count do."""

from datetime import timedelta

from reservo.accounts import lockout
from reservo.accounts.models import LogInAttempts, Session
from reservo.core.clock import now
from reservo.jobs import housekeeping
from reservo.jobs.models import Lease
from reservo.jobs.sweeping import PASS_EVERY, Sweep


def sessions(at, *keys):
    for key in keys:
        Session.objects.create(session_key=key, session_data="", expire_date=at)


def test_only_sessions_that_are_over_are_forgotten(centre):
    client = centre.client("receptionist")
    sessions(now() - timedelta(seconds=1), "over-1", "over-2")
    sessions(now() + timedelta(minutes=1), "still-open")
    housekeeping.prune_control(at=now())
    assert not Session.objects.filter(session_key__startswith="over-").exists()
    assert Session.objects.filter(session_key="still-open").exists()
    assert client.get(centre.url("agenda/")).status_code == 200
    Session.objects.filter(session_key="still-open").delete()


def test_failures_are_forgotten_only_when_they_no_longer_lock(control):
    LogInAttempts.objects.all().delete()
    at = now()
    for _ in range(lockout.FREE_FAILURES):
        lockout.note_failure("old@uno.example", "192.0.2.1", at=at - lockout.FORGOTTEN_AFTER * 2)
        lockout.note_failure("new@uno.example", "192.0.2.2", at=at)
    housekeeping.prune_control(at=at)
    assert LogInAttempts.objects.count() == 2
    assert set(LogInAttempts.objects.values_list("last_at", flat=True)) == {at}
    assert LogInAttempts.objects.filter(locked_until__gt=at).exists()
    LogInAttempts.objects.all().delete()


def test_each_pass_of_the_sweep_takes_a_bounded_number(control, monkeypatch):
    monkeypatch.setattr(housekeeping, "CONTROL_ROWS_AT_ONCE", 3)
    housekeeping.prune_control(at=now())
    Session.objects.filter(expire_date__lt=now()).delete()
    sessions(now() - timedelta(days=1), *(f"old-{number}" for number in range(5)))
    sweep, at = Sweep("test-forgetting"), now() + timedelta(hours=1)
    left = Session.objects.filter(session_key__startswith="old-")
    sweep.step(at=at)
    assert left.count() == 2
    sweep.step(at=at + timedelta(seconds=5))
    assert left.count() == 2
    sweep.step(at=at + PASS_EVERY)
    assert left.count() == 0
    Lease.objects.filter(name="sweep").delete()
