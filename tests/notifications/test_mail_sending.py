"""Effectively once: the states of a mail, what repeats after which failure, and who may settle it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reservo import tenancy
from reservo.adapters.mail import Rejected, Unknown, Unreachable
from reservo.core.clock import now
from reservo.jobs.models import Job
from reservo.jobs.turns import NotDone
from reservo.notifications import feedback, kinds, mail, rate, sending
from reservo.notifications.kinds import Mail
from reservo.notifications.mail import Plan
from reservo.notifications.models import Delivery, SendRate, StoppedAddress

REFUSED = Rejected(permanent=True, code=550, text="no such user")
GREYLISTED = Rejected(permanent=False, code=451, text="come back")


def plain(delivery: Delivery) -> Mail:
    return Mail(
        subject=f"About {delivery.subject_key}", text="Hello", html="<p>Hello</p>", from_name="Centre"
    )


def broken(delivery: Delivery) -> Mail:
    raise ZeroDivisionError


@pytest.fixture(autouse=True)
def kinds_of_the_tests():
    kinds.register("test", plain)
    kinds.register("test_campaign", plain, repeats_unknown=False, bulk=True)
    kinds.register("test_broken", broken)
    kinds.register("test_nothing", lambda delivery: None)
    yield
    for name in ("test", "test_campaign", "test_broken", "test_nothing"):
        kinds._kinds.pop(name)


def planned(cast, kind="test", version="1", address="ana@paciente.example") -> int:
    with cast.active():
        what = Plan(kind=kind, subject_key="thing:1", version=version, to_address=address, due_at=now())
        made = mail.plan(what, at=now())
    return made.pk if made else 0


def row(cast, pk) -> Delivery:
    with cast.active():
        return Delivery.objects.get(pk=pk)


def test_planned_twice_is_one_mail_and_another_version_is_another(centre, post):
    first = planned(centre)
    assert planned(centre) == 0
    second = planned(centre, version="2")
    assert len(post.work(centre)) == 2
    assert [row(centre, pk).state for pk in (first, second)] == ["accepted", "accepted"]


def test_one_row_goes_through_planned_claimed_accepted_and_keeps_its_facts(centre, post):
    pk = planned(centre)
    assert row(centre, pk).state == "planned"
    with centre.active():
        claimed = sending._claim(pk, at=now())
        assert (claimed.state, claimed.attempts, claimed.fence) == ("claimed", 1, 1)
        sending._compose_and_send(claimed, kinds.kind_named("test"))
    sent = row(centre, pk)
    assert (sent.state, sent.mail_subject, sent.error_class) == ("accepted", "About thing:1", "")
    assert sent.settled_at


@pytest.mark.parametrize(
    ("failures", "state", "sent"),
    [
        ([REFUSED], "rejected", 0),
        ([GREYLISTED], "accepted", 1),
        ([Unreachable("down")] * 3, "accepted", 1),
        ([Unknown("hung up")], "accepted", 1),
        ([Unknown("hung up")] * 9, "unknown", 0),
    ],
)
def test_what_follows_from_each_failure(centre, post, at_time, failures, state, sent):
    post.transport.fail_with = list(failures)
    pk = planned(centre)
    for _ in range(12):
        post.work(centre)
        at_time.forward(hours=2)
    assert (row(centre, pk).state, len(post.transport.sent)) == (state, sent)


def test_a_server_that_is_down_for_days_leaves_a_dead_mail_that_is_seen(centre, post, at_time):
    post.transport.fail_with = [Unreachable("down")] * 100
    pk = planned(centre)
    for _ in range(sending.MOST_ATTEMPTS + 5):
        post.work(centre)
        at_time.forward(hours=2)
    dead = row(centre, pk)
    assert (dead.state, dead.attempts, dead.error_class) == ("dead", sending.MOST_ATTEMPTS, "unreachable")


def test_a_campaign_is_not_repeated_after_an_unknown_end(centre, post, at_time):
    post.transport.fail_with = [Unknown("hung up")]
    pk = planned(centre, kind="test_campaign")
    for _ in range(3):
        post.work(centre)
        at_time.forward(hours=1)
    assert (row(centre, pk).state, post.transport.sent) == ("unknown", [])


def test_a_repeat_after_an_unknown_end_carries_the_same_message_id(centre, post, at_time):
    taken: list[str] = []
    send = post.transport.send

    def takes_and_hangs_up(message, **envelope):
        taken.append(message["Message-ID"])
        post.transport.send = send
        raise Unknown("hung up")

    post.transport.send = takes_and_hangs_up
    pk = planned(centre)
    post.work(centre)
    assert row(centre, pk).state == "unknown"
    at_time.forward(minutes=1)
    (again,) = post.work(centre)
    assert [again["Message-ID"]] == taken
    assert row(centre, pk).unknown_ends == 1


def test_a_mail_claimed_by_a_worker_that_died_is_repeated_after_its_lease_and_counted(centre, post, at_time):
    pk = planned(centre)
    with centre.active():
        sending._claim(pk, at=now())
    assert post.work(centre) == []
    at_time.forward(minutes=1)
    assert post.work(centre) == []
    at_time.forward(seconds=sending.LEASE.total_seconds())
    assert len(post.work(centre)) == 1
    assert (row(centre, pk).state, row(centre, pk).unknown_ends) == ("accepted", 1)


def test_a_campaign_claimed_by_a_worker_that_died_ends_unknown(centre, post, at_time):
    pk = planned(centre, kind="test_campaign")
    with centre.active():
        sending._claim(pk, at=now())
    at_time.forward(seconds=sending.LEASE.total_seconds() + 1)
    assert post.work(centre) == []
    assert (row(centre, pk).state, row(centre, pk).error_class) == ("unknown", "crashed")


def test_a_stalled_worker_neither_sends_late_nor_settles(centre, post, at_time):
    """It claimed, slept through its lease, another sent: its own hand-over is not begun, its verdict not written."""
    pk = planned(centre)
    with centre.active():
        stalled = sending._claim(pk, at=now())
    at_time.forward(seconds=sending.LEASE.total_seconds() + 1)
    assert len(post.work(centre)) == 1
    with centre.active():
        with pytest.raises(NotDone):
            sending._compose_and_send(stalled, kinds.kind_named("test"))
        sending._settle(stalled, "rejected", error_class="permanent")
    assert len(post.transport.sent) == 1
    assert row(centre, pk).state == "accepted"


def test_a_mail_that_cannot_be_made_is_tried_again_and_ends_dead(centre, post, at_time):
    pk = planned(centre, kind="test_broken")
    for _ in range(sending.MOST_ATTEMPTS + 2):
        post.work(centre)
        at_time.forward(hours=2)
    assert (row(centre, pk).state, row(centre, pk).error_class) == ("dead", "composing")


def test_a_mail_that_nobody_wants_any_more_is_withdrawn(centre, post):
    pk = planned(centre, kind="test_nothing")
    post.work(centre)
    assert row(centre, pk).state == "withdrawn"


@pytest.mark.parametrize("address", ["", "no-at", "a@b", "x@y.com\r\nBcc: z@y.com", "a b@c.com", "ñ@x.com"])
def test_an_address_that_cannot_be_written_to_stands_in_the_log_and_gets_no_job(centre, post, address):
    pk = planned(centre, address=address)
    assert (row(centre, pk).state, row(centre, pk).error_class) == ("rejected", "address")
    with centre.active():
        assert Job.objects.count() == 0


@pytest.mark.parametrize("state", ["bounced", "complained"])
def test_a_bounce_or_complaint_is_noted_and_stops_the_address(centre, post, state):
    pk = planned(centre, address="Ana@Paciente.example")
    post.work(centre)
    with centre.active():
        assert feedback.record(row(centre, pk).message_id, state, at=now())
        assert StoppedAddress.objects.get().address == "ana@paciente.example"
    assert row(centre, pk).state == state
    second = planned(centre, version="2", address="ANA@paciente.example")
    assert (row(centre, second).state, row(centre, second).error_class) == ("rejected", "stopped")
    assert post.work(centre) == []


def test_delivered_is_noted_and_stops_nobody(centre, post):
    pk = planned(centre)
    post.work(centre)
    with centre.active():
        assert feedback.record(row(centre, pk).message_id, "delivered", at=now())
        assert not feedback.record("<other@x>", "bounced", at=now())
        with pytest.raises(ValueError):
            feedback.record(row(centre, pk).message_id, "planned", at=now())
        assert StoppedAddress.objects.count() == 0


def test_an_address_stopped_after_the_mail_was_planned_gets_none(centre, post):
    pk = planned(centre)
    with centre.active(), tenancy.atomic():
        StoppedAddress.objects.create(address="ana@paciente.example", reason="bounced", at=now())
    assert post.work(centre) == []
    assert row(centre, pk).error_class == "stopped"


@pytest.mark.parametrize("state", ["rejected", "unknown", "dead", "bounced"])
def test_a_person_sends_again_what_did_not_arrive(centre, post, state):
    pk = planned(centre)
    post.work(centre)
    with centre.active(), tenancy.atomic():
        Delivery.objects.filter(pk=pk).update(state=state, attempts=9)
    with centre.active():
        assert mail.send_again(pk, at=now())
        assert not mail.send_again(pk, at=now())
    (again,) = post.work(centre)
    assert again["Message-ID"] == row(centre, pk).message_id
    assert row(centre, pk).state == "accepted"


@pytest.mark.parametrize("state", ["planned", "claimed", "accepted", "withdrawn", "delivered", "complained"])
def test_what_is_on_its_way_arrived_or_was_complained_of_is_not_sent_again(centre, state):
    pk = planned(centre)
    with centre.active():
        with tenancy.atomic():
            Delivery.objects.filter(pk=pk).update(state=state)
        assert not mail.send_again(pk, at=now())


def test_one_rate_is_shared_and_gives_each_mail_its_own_slot(control, monkeypatch):
    """A hundred a second: thirty mails of three threads take at least 0.29 s, whoever sends them."""
    import threading
    import time

    from django.conf import settings
    from django.db import connections

    monkeypatch.setattr(settings, "RESERVO_MAIL_PER_SECOND", 100.0)
    SendRate.objects.all().delete()

    def send_ten() -> None:
        for _ in range(10):
            rate.wait_turn()
        connections["default"].close()

    threads = [threading.Thread(target=send_ten) for _ in range(3)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began >= 0.29
    SendRate.objects.all().delete()


def test_bulk_mail_waits_while_other_mail_does(control, monkeypatch):
    from django.conf import settings

    monkeypatch.setattr(settings, "RESERVO_MAIL_PER_SECOND", 1.0)
    monkeypatch.setattr(rate, "BULK_TRIES", 3)
    at = now()
    SendRate.objects.update_or_create(
        pk=1, defaults={"next_at": at - timedelta(seconds=1), "urgent_until": at + timedelta(seconds=20)}
    )
    with pytest.raises(rate.NoTurn):
        rate.wait_turn(bulk=True)
    rate.wait_turn()
    SendRate.objects.all().delete()


def test_where_the_slots_are_taken_for_long_a_mail_is_put_off_and_no_attempt_is_counted(
    centre, post, monkeypatch
):
    from django.conf import settings

    monkeypatch.setattr(settings, "RESERVO_MAIL_PER_SECOND", 1.0)
    SendRate.objects.update_or_create(
        pk=1, defaults={"next_at": now() + timedelta(hours=1), "urgent_until": now()}
    )
    pk = planned(centre)
    assert post.work(centre) == []
    with centre.active():
        job = Job.objects.get()
    assert (row(centre, pk).attempts, job.state, job.attempts) == (0, "waiting", 0)
    SendRate.objects.all().delete()


def test_a_mail_follows_the_trace_of_what_caused_it(centre, post):
    from reservo.core import trace

    with trace.tracing() as id_of_action:
        planned(centre)
    (message,) = post.work(centre)
    assert id_of_action in message["Traceparent"]
