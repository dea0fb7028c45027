"""What foreign programs keep, and what it is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from reservo.foreign import values
from reservo.foreign.values import BadValue, Clock


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("MuÃ±oz", "Muñoz"),
        ("MarÃ\xada", "María"),
        ("NÃºÃ±ez", "Núñez"),
        ("â‚¬", "€"),
        ("MuÃƒÂ±oz", "Muñoz"),
        ("Muñoz", "Muñoz"),
        ("São Paulo", "São Paulo"),
        ("Ângela", "Ângela"),
        ("MuÃ±oz y Muñoz", "MuÃ±oz y Muñoz"),
        ("", ""),
    ],
)
def test_letters_that_were_read_wrongly_are_mended_and_others_stay(broken, whole):
    assert values.repaired(broken) == whole


def test_bytes_are_text_of_either_kind():
    assert (values.text("ñ".encode()), values.text("ñ".encode("cp1252"))) == ("ñ", "ñ")


@pytest.mark.parametrize("nothing", [None, "", "0000-00-00", "0000-00-00 00:00:00"])
def test_a_date_of_nothing_is_none(nothing):
    assert values.wall(nothing) is None


@pytest.mark.parametrize("bad", ["2026-00-10", "2026-02-30 10:00:00", "infinity", "mañana", "20000-01-01"])
def test_what_is_no_date_is_refused(bad):
    with pytest.raises(BadValue):
        values.wall(bad)


def test_dates_come_as_text_or_as_dates():
    assert values.wall("2026-03-04 05:06:07") == datetime(2026, 3, 4, 5, 6, 7)
    assert values.wall(date(2026, 3, 4)) == datetime(2026, 3, 4)
    assert values.day("2026-03-04 05:06:07") == date(2026, 3, 4)


@pytest.mark.parametrize(
    ("given", "flag"),
    [
        (1, True),
        (0, False),
        (b"\x01", True),
        (b"\x00", False),
        ("S", True),
        ("n", False),
        (True, True),
        (None, False),
    ],
)
def test_flags_come_in_many_forms(given, flag):
    assert values.flag(given) is flag


def test_what_is_no_number_is_refused():
    for bad in ("", "uno", "NaN", "Infinity", "1.5"):
        with pytest.raises(BadValue):
            values.whole(bad)
    assert (values.whole("12"), values.whole(Decimal("12.00"))) == (12, 12)


def test_the_zero_that_stands_for_no_row_is_nothing():
    assert [values.is_nothing(value) for value in (None, 0, "0", "", Decimal(0), 7, "a")] == [
        *(True, True, True, True, True),
        *(False, False),
    ]


def test_a_wall_clock_is_the_servers_the_branchs_or_utc():
    wall = datetime(2024, 7, 1, 5, 0)
    instants = [
        Clock(kind, "America/Santiago").resolved(wall, "Europe/Madrid").instant
        for kind in ("server", "branch", "utc")
    ]
    assert instants == [
        datetime(2024, 7, 1, 9, 0, tzinfo=UTC),
        datetime(2024, 7, 1, 3, 0, tzinfo=UTC),
        datetime(2024, 7, 1, 5, 0, tzinfo=UTC),
    ]


def test_a_time_with_its_own_offset_is_believed():
    aware = values.wall("2024-07-01 05:00:00+02:00")
    assert Clock("server", "America/Santiago").resolved(aware, "Europe/Madrid").instant == datetime(
        2024, 7, 1, 3, 0, tzinfo=UTC
    )
