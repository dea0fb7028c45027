"""Idempotency-Key: the first answer again, for a day, and never two visits."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest

from reservo import tenancy
from reservo.agenda.models import Appointment
from reservo.booking.models import IdempotencyKey
from reservo.core.clock import now
from tests.api.conftest import Program

KEY = {"Idempotency-Key": "b7c0-1"}


def visits(centre):
    with centre.active():
        return Appointment.objects.count()


def code_of(answer):
    assert answer.status_code == 422
    return [(one["field"], one["code"]) for one in answer.json()["errors"]]


def test_the_same_request_gets_the_first_answer_again(centre, program, monday):
    body = program.body(monday)
    first, second = program.post(body, **KEY), program.post(body, **KEY)
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert visits(centre) == 1


def test_another_body_under_the_same_key_is_refused(centre, program, monday):
    program.post(program.body(monday), **KEY)
    again = program.post(program.body(monday + timedelta(hours=1)), **KEY)
    assert code_of(again) == [("Idempotency-Key", "reused")]
    assert visits(centre) == 1


def test_without_a_key_a_second_request_is_a_second_request(program, monday):
    assert [program.book(monday).status_code for _ in range(2)] == [201, 409]


def test_only_success_is_kept(centre, program, monday):
    wrong = program.post(program.body(monday, patient={"email": "x"}), **KEY)
    assert wrong.status_code == 422
    centre.book(monday)
    assert program.post(program.body(monday), **KEY).status_code == 409
    later = program.body(monday + timedelta(hours=1))
    assert program.post(later, **KEY).status_code == 201
    assert program.post(later, **KEY).status_code == 201
    assert visits(centre) == 2


def test_a_key_is_kept_for_a_day_and_no_longer(centre, program, monday):
    body = program.body(monday)
    program.post(body, **KEY)
    with centre.active(), tenancy.atomic():
        IdempotencyKey.objects.update(created_at=now() - timedelta(hours=23, minutes=59))
    assert program.post(body, **KEY).status_code == 201
    with centre.active(), tenancy.atomic():
        IdempotencyKey.objects.update(created_at=now() - timedelta(hours=24))
    assert program.post(body, **KEY).status_code == 409
    program.post(program.body(monday + timedelta(hours=1)), **{"Idempotency-Key": "another"})
    with centre.active():
        assert [row.key for row in IdempotencyKey.objects.all()] == ["another"]


def test_a_key_is_the_centres_own(centre, other, program, monday):
    assert program.post(program.body(monday), **KEY).status_code == 201
    theirs = Program(other)
    assert theirs.post(theirs.body(monday), **KEY).status_code == 201
    assert visits(other) == 1


@pytest.mark.parametrize("key", ["a", "x" * 128, "a b", "~!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}"])
def test_a_key_of_visible_characters_is_taken(program, monday, key):
    assert program.post(program.body(monday), **{"Idempotency-Key": key}).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "x" * 129, "á", "a\tb", "a\x00b", " a"])
def test_any_other_key_is_refused(centre, program, monday, key):
    refused = program.post(program.body(monday), **{"Idempotency-Key": key})
    assert code_of(refused) == [("Idempotency-Key", "invalid")]
    assert visits(centre) == 0


@pytest.mark.server
def test_a_simultaneous_second_request_waits_for_the_first(centre, program, pages, monday):
    """Sixteen at once over HTTP to several processes: one visit, one answer."""
    body, start = program.body(monday), threading.Barrier(16)

    def send(_):
        with httpx.Client(base_url=pages.url, timeout=30) as client:
            start.wait()
            return client.post(program.base + "/appointments", json=body, headers=KEY)

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(send, range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert visits(centre) == 1


@pytest.mark.server
def test_of_two_bodies_under_one_key_at_once_one_is_booked(centre, program, pages, monday):
    start = threading.Barrier(8)

    def send(number):
        body = program.body(monday + timedelta(minutes=30 * (number % 2)))
        with httpx.Client(base_url=pages.url, timeout=30) as client:
            start.wait()
            return client.post(program.base + "/appointments", json=body, headers=KEY).status_code

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(send, range(8))) == [201] * 4 + [422] * 4
    assert visits(centre) == 1


@pytest.mark.server
def test_the_second_really_waits_while_the_first_is_not_decided(centre, program, pages, monday):
    """The centre's write lock is held here: both wait, then one books and the other repeats its answer."""
    body, done = program.body(monday), []

    def send():
        with httpx.Client(base_url=pages.url, timeout=30) as client:
            done.append(client.post(program.base + "/appointments", json=body, headers=KEY))

    with centre.active(), tenancy.atomic():
        senders = [threading.Thread(target=send) for _ in range(2)]
        for sender in senders:
            sender.start()
        senders[0].join(0.7)
        assert done == []
    for sender in senders:
        sender.join(20)
    assert [answer.status_code for answer in done] == [201, 201]
    assert done[0].content == done[1].content
