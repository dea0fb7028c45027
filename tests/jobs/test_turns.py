"""Turns: what is done together, what apart; failures, retries, dead jobs, stalled workers, fairness."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reservo import jobs, tenancy
from reservo.core.clock import now
from reservo.jobs import claims, turns, wakeups, worker
from reservo.jobs.models import Job, Wakeup
from tests.jobs import work


@pytest.fixture(autouse=True)
def clean():
    work.outside.clear()
    work.failing.clear()


def make_due(route, **changes) -> None:
    with tenancy.activate(route), tenancy.atomic():
        Job.objects.filter(state="waiting").update(run_at=now() - timedelta(seconds=1))
        Job.objects.filter(state="running").update(lease_until=now() - timedelta(seconds=1))
        if changes:
            Job.objects.update(**changes)


def states() -> list[str]:
    return list(Job.objects.order_by("id").values_list("state", flat=True))


def test_each_job_is_done_once_and_marked(alone, visited):
    route = alone("una-vez")
    with tenancy.activate(route):
        for word in "abc":
            jobs.put(work.work_outside, {"word": word}, at=now())
            jobs.put(work.count, at=now())
    assert visited(route) == 6
    with tenancy.activate(route):
        assert (work.outside, work.counted(), set(states())) == (["a", "b", "c"], 3, {"done"})


def test_a_key_that_was_put_is_not_put_again(alone, visited):
    route = alone("llave")
    with tenancy.activate(route):
        for _ in range(3):
            jobs.put(work.count, at=now(), key="one")
        visited(route)
        jobs.put(work.count, at=now(), key="one")
        assert visited(route) == 0
        assert work.counted() == 1


def test_a_transactional_task_that_fails_takes_back_only_its_own(alone, visited):
    route = alone("atras")
    with tenancy.activate(route):
        jobs.put(work.count, at=now())
        jobs.put(work.count_then_fail, at=now())
        jobs.put(work.count, at=now())
        visited(route)
        assert (work.counted(), states()) == (2, ["done", "waiting", "done"])


def test_a_failure_is_tried_again_later_and_later_and_then_waits_for_a_person(alone):
    route = alone("luego")
    work.failing["x"] = 3
    with tenancy.activate(route):
        jobs.put(work.work_outside, {"word": "x"}, at=now())
        waits = []
        for _ in range(3):
            turns.take_turn("w1")
            job = Job.objects.get()
            waits.append((job.run_at - now()).total_seconds())
            make_due(route)
        assert job.state == "dead"
        assert job.error == "ConnectionError: the other side is down"
        assert 1 < waits[0] < 2.6
        assert 2.5 < waits[1] < 5.1
        assert turns.take_turn("w1") == 0


def test_back_off_grows_to_an_hour_and_stays_there():
    for attempts, around in ((1, 2), (2, 4), (5, 32), (12, 3_600), (900, 3_600)):
        assert 0.75 * around <= claims.retry_seconds(attempts) <= 1.25 * around


def test_a_dead_job_is_revived_by_a_person_and_done(alone, visited):
    route = alone("revive")
    with tenancy.activate(route):
        jobs.put(work.count, at=now())
        make_due(route, state="dead", attempts=8)
        Wakeup.objects.all().delete()
        wakeups.forget()
        assert not claims.revive(999, at=now())
        assert claims.revive(Job.objects.get().pk, at=now())
        assert Wakeup.objects.filter(pk=route.tenant_id).exists()
        assert visited(route) == 1


def test_dead_jobs_are_listed_and_revived_by_command(alone, capsys):
    from django.core.management import call_command

    route = alone("listado")
    with tenancy.activate(route):
        jobs.put(work.count, at=now())
    make_due(route, state="dead", error="ZeroDivisionError: on purpose", finished_at=now())
    call_command("jobs", "dead")
    assert "listado" in (said := capsys.readouterr().out)
    assert "ZeroDivisionError: on purpose" in said
    call_command("jobs", "revive", "--tenant", "listado")
    with tenancy.activate(route):
        assert states() == ["waiting"]


def test_a_task_that_nobody_declares_waits_for_a_release_that_does(alone, visited):
    route = alone("nueva")
    with tenancy.activate(route):
        Job.objects.create(task="of.tomorrow", run_at=now(), created_at=now())
        jobs.put(work.count, at=now())
        visited(route)
        assert states() == ["waiting", "done"]
        assert Job.objects.first().error == "UnknownTask"


def test_a_stalled_worker_that_wakes_up_late_settles_nothing(alone):
    """Fencing: its lease ran out, another took the job; neither its success nor its failure counts."""
    route = alone("valla")
    with tenancy.activate(route):
        jobs.put(work.work_outside, {"word": "x"}, at=now())
        (stalled,) = claims.claim(1, worker="stalled", at=now())
        (other,) = claims.claim(1, worker="other", at=now() + claims.LEASE + timedelta(seconds=1))
        with tenancy.atomic():
            assert claims.finish([stalled], at=now()) == 0
        claims.fail(stalled, "late", attempts=1, at=now())
        claims.renew([stalled], at=now() + timedelta(hours=1))
        row = Job.objects.get()
        assert (row.state, row.fence, row.worker, row.attempts) == ("running", 2, "other", 2)
        assert row.lease_until < now() + timedelta(minutes=5)
        with tenancy.atomic():
            assert claims.finish([other], at=now()) == 1


def test_a_stalled_transactional_task_changes_nothing_when_it_wakes_up(alone):
    route = alone("dormido")
    with tenancy.activate(route):
        jobs.put(work.count, at=now())
        (stalled,) = claims.claim(1, worker="stalled", at=now())
        claims.claim(1, worker="other", at=now() + claims.LEASE + timedelta(seconds=1))
        assert turns._run(stalled) is False
        assert work.counted() == 0


def test_a_lease_that_is_renewed_is_not_taken_away(alone):
    route = alone("renueva")
    with tenancy.activate(route):
        jobs.put(work.work_outside, {"word": "x"}, at=now())
        at = now()
        mine = claims.claim(1, worker="mine", at=at)
        claims.renew(mine, at=at + timedelta(seconds=30))
        assert claims.claim(1, worker="other", at=at + claims.LEASE + timedelta(seconds=1)) == []


def test_a_job_that_kills_its_worker_each_time_ends_dead_and_the_others_go_on(alone):
    route = alone("veneno")
    with tenancy.activate(route):
        jobs.put(work.work_outside, {"word": "poison"}, at=now())
        jobs.put(work.count, at=now())
        for _ in range(work.work_outside.attempts):
            with tenancy.atomic():
                left = claims.left_behind(claims.rows.outlook(), 1, at=now())
                waiting = claims.waiting(claims.rows.outlook(), 1, at=now())
                claims.take(left or waiting, worker="dies", at=now())
            make_due(route)
        turns.take_turn("w1")
        assert sorted(states()) == ["dead", "done"]
        assert Job.objects.get(state="dead").error == claims.CRASHED


def test_after_a_death_in_its_turn_a_centre_is_worked_on_carefully(alone):
    """One job, claimed before it is begun, so that the one that kills is counted."""
    route = alone("cuidado")
    with tenancy.activate(route):
        jobs.put(work.count, at=now())
        jobs.put(work.count, at=now())
    wakeups.take(route.tenant_id, at=now() - wakeups.TAKEN_FOR)
    ((key, careful),) = wakeups.due(5, at=now())
    assert careful
    assert worker.visit(key, "w1", careful=careful) == 1
    with tenancy.activate(route):
        assert sorted(Job.objects.values_list("state", "attempts", "fence")) == [
            ("done", 1, 1),
            ("waiting", 0, 0),
        ]
    ((key, careful),) = wakeups.due(5, at=now())
    assert not careful


def test_a_turn_is_short_and_gives_back_what_it_did_not_begin(alone, monkeypatch):
    monkeypatch.setattr(turns, "SECONDS_PER_TURN", 0.1)
    route = alone("corto")
    with tenancy.activate(route):
        for word in "abcd":
            jobs.put(work.work_outside, {"word": word, "seconds": 0.07}, at=now())
        turns.take_turn("w1")
        assert work.outside == ["a", "b"]
        assert list(Job.objects.order_by("id").values_list("state", "attempts")) == [
            ("done", 1),
            ("done", 1),
            ("waiting", 0),
            ("waiting", 0),
        ]


def test_transactional_work_goes_before_bulk_work_of_the_same_centre(alone):
    route = alone("lanes")
    at = now()
    with tenancy.activate(route):
        for n in range(30):
            jobs.put(work.bulk_outside, {"word": f"bulk {n}"}, at=at - timedelta(hours=1))
        jobs.put(work.work_outside, {"word": "urgent"}, at=at)
        turns.take_turn("w1")
    assert work.outside[0] == "urgent"
    assert len(work.outside) == turns.JOBS_PER_TURN


def test_a_campaign_of_one_centre_cannot_delay_anothers_confirmation(alone):
    """A thousand old jobs here, one due now there: it is done after one turn, not after a thousand jobs."""
    busy, quiet = alone("campana"), alone("tranquilo")
    at = now() - timedelta(hours=1)
    with tenancy.activate(busy), tenancy.atomic():
        for n in range(1_000):
            jobs.put(work.bulk_outside, {"word": f"bulk {n}"}, at=at)
    with tenancy.activate(quiet):
        jobs.put(work.work_outside, {"word": "confirmation"}, at=now())
    worker.Worker().look()
    assert work.outside.index("confirmation") <= turns.JOBS_PER_TURN


def test_many_centres_with_campaigns_do_not_starve_one_that_comes_later(alone, monkeypatch):
    """A centre with work left goes to the back of the queue, however old its work is."""
    monkeypatch.setattr(worker, "CENTRES_PER_LOOK", 3)
    at = now() - timedelta(hours=1)
    for n in range(5):
        with tenancy.activate(alone(f"campana-{n}")), tenancy.atomic():
            for m in range(60):
                jobs.put(work.bulk_outside, {"word": f"bulk {n} {m}"}, at=at)
    late = alone("ultimo")
    with tenancy.activate(late):
        jobs.put(work.work_outside, {"word": "confirmation"}, at=now())
    one = worker.Worker()
    one.look()
    one.look()
    assert "confirmation" in work.outside


def test_a_nudged_centre_is_served_before_the_queue(alone):
    for n in range(3):
        with tenancy.activate(alone(f"cola-{n}")):
            jobs.put(work.bulk_outside, {"word": f"bulk {n}"}, at=now() - timedelta(hours=1))
    new = alone("recien")
    with tenancy.activate(new):
        jobs.put(work.work_outside, {"word": "now"}, at=now())
    one = worker.Worker()
    one._hear(new.tenant_id, -0.01)
    one.look()
    assert work.outside[0] == "now"


def test_not_done_is_put_off_without_a_word_in_the_log(alone, caplog):
    route = alone("espera")
    with tenancy.activate(route):
        jobs.put(work.never_ready, at=now())
        turns.take_turn("w1")
        assert Job.objects.get().state == "waiting"
    assert caplog.records == []


@pytest.mark.parametrize("count", [1, 20])
def test_a_turn_of_rows_costs_the_same_statements_for_one_job_as_for_twenty(
    alone, count, django_assert_statements
):
    route = alone("cuenta")
    with tenancy.activate(route):
        for _ in range(count):
            jobs.put(work.work_outside, at=now())
        with django_assert_statements(8):
            turns.take_turn("w1")


@pytest.fixture
def django_assert_statements():
    from contextlib import contextmanager

    from django.db import connections
    from django.test.utils import CaptureQueriesContext

    @contextmanager
    def counted(most: int):
        with CaptureQueriesContext(connections["tenant"]) as seen:
            yield
        assert len(seen) <= most, [query["sql"] for query in seen.captured_queries]

    return counted
