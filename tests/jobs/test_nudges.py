"""Who is served next, and who waits a moment so that more of its jobs share a commit."""

from __future__ import annotations

import pytest

from reservo.jobs.nudges import LONGEST_REST_SECONDS, QUIET_SECONDS, Nudges


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock():
    return Clock()


def nudged(clock, *tenants: int) -> Nudges:
    nudges = Nudges(clock=clock)
    for tenant_id in tenants:
        nudges.add(tenant_id)
    return nudges


def test_each_is_handed_out_once_the_longest_waiting_first(clock):
    nudges = nudged(clock, 3, 1, 2, 3)
    assert [nudges.pop() for _ in range(4)] == [3, 1, 2, None]
    assert not nudges


def test_one_that_is_alone_never_rests(clock):
    nudges = nudged(clock, 7)
    nudges.visited(7)
    clock.at += 0.000_001
    assert nudges.pop() == 7


def test_while_many_have_work_each_rests_after_its_turn(clock):
    nudges = nudged(clock, *range(11))
    nudges.visited(0)
    clock.at += QUIET_SECONDS / 2
    assert nudges.rests(0)
    assert nudges.pop() == 1


def test_the_more_have_work_the_longer_the_rest_but_never_longer_than_its_bound(clock):
    nudges = nudged(clock, *range(1_000))
    nudges.visited(0)
    clock.at += LONGEST_REST_SECONDS * 0.99
    nudges.add(1_001)
    assert nudges.rests(0)
    clock.at += LONGEST_REST_SECONDS * 0.02
    assert not nudges.rests(0)


def test_nobody_rests_once_nothing_more_is_put(clock):
    nudges = nudged(clock, *range(100))
    nudges.visited(0)
    clock.at += QUIET_SECONDS * 1.1
    assert nudges.pop() == 0


def test_one_that_has_not_been_visited_never_rests(clock):
    assert not nudged(clock, *range(100)).rests(500)
