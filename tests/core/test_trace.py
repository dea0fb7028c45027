"""Trace ids at the edge, and what is known of an action."""

from __future__ import annotations

import pytest

from reservo.core import trace

ID, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    "header",
    [
        f"00-{ID}-{PARENT}-01",
        f"00-{ID}-{PARENT}-00",
        f" 00-{ID.upper()}-{PARENT}-01 ",
        f"01-{ID}-{PARENT}-01-and-what-comes-later",
    ],
)
def test_a_traceparent_is_read(header):
    assert trace.read(header) == ID


@pytest.mark.parametrize(
    "header",
    [
        "",
        ID,
        f"ff-{ID}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{ID}-{'0' * 16}-01",
        f"00-{ID}-{PARENT}-01-more",
        f"00-{ID[:-1]}-{PARENT}-01",
        f"00-{ID[:-1]}x-{PARENT}-01",
        f"00-{ID}-{PARENT}-01\nx",
        f"01-{ID}-{PARENT}-01-" + "x" * 500,
    ],
)
def test_what_is_no_traceparent_begins_a_new_trace(header):
    assert trace.read(header) == ""
    with trace.tracing(trace.read(header)) as made:
        assert len(made) == 32
        assert made != ID


def test_the_next_hop_is_told_the_same_trace_under_a_span_of_its_own():
    assert trace.traceparent() == ""
    with trace.tracing(ID):
        first, second = trace.traceparent(), trace.traceparent()
    assert trace.read(first) == trace.read(second) == ID
    assert first != second


def test_what_is_noted_ends_with_the_action():
    trace.note(user=1)
    assert trace.facts() == {}
    with trace.tracing(ID, action="mail"):
        trace.note(user=7)
        with trace.tracing():
            assert trace.facts() == {}
        assert trace.facts() == {"action": "mail", "user": 7}
    assert trace.facts() == {}
    assert trace.current() == ""
