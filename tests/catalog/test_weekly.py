"""Weekly hours as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservo.catalog.forms.fields import BAD_HOURS
from reservo.catalog.weekly import BadHours, Period, parse, shown

WEEKDAYS = [Period(day, 540, 780) for day in range(5)]


@pytest.mark.parametrize(
    "typed",
    [
        "lunes a viernes 09:00-13:00",
        "Lun-Vie 9:00 - 13:00",
        "LUNES A VIERNES: 9:00 a 13:00",
        "monday to friday 09:00–13:00",
        "lunes, martes, miercoles, jueves y viernes 09:00-13:00",
        "\n".join(f"{day} 09:00-13:00" for day in ("lun", "mar", "mié", "jue", "vie")),
    ],
)
def test_several_days_are_written_at_once(typed):
    assert parse(typed) == WEEKDAYS


def test_a_break_is_the_gap_between_two_periods_and_a_room_may_follow():
    typed = "martes 09:00-13:00 Box 1\nmartes 14:00-18:00"
    assert parse(typed, {"box 1": 7}) == [Period(1, 540, 780, 7), Period(1, 840, 1080)]


@pytest.mark.parametrize(
    "line",
    [
        *("algo", "lunes", "lunes 9-13", "lunes 09:00-08:00", "lunes 09:00-09:00", "lunes 09:01-10:00"),
        *("lunes 23:00-24:05", "lunes 09:75-10:00", "viernes a lunes 09:00-10:00", "lunes 09:00-13:00 Box 9"),
        *(
            "lunes a martes a jueves 09:00-10:00",
            "9:00-10:00",
            "=HYPERLINK(1)",
            "<script>1</script> 9:00-10:00",
        ),
    ],
)
def test_a_line_that_cannot_be_kept_is_named(line):
    with pytest.raises(BadHours) as refused:
        parse(f"domingo 10:00-11:00\n{line}")
    assert refused.value.line == line[:80]


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("lunes 13:00-09:00", "backwards"),
        ("lunes 09:00-09:00", "backwards"),
        ("lunes 09:01-10:00", "off_the_grid"),
        ("lunes 09:00-13:00 Box 9", "no_room"),
        ("lunes 25:00-26:00", "unread"),
        ("algo 13:00-09:00", "unread"),
        ("lunes 09:00-13:00\nlunes 12:55-14:00", "overlap"),
        ("lunes 09:00-09:05\n" * 101, "too_many"),
    ],
)
def test_a_refusal_says_why_and_has_words(typed, why):
    with pytest.raises(BadHours) as refused:
        parse(typed)
    assert refused.value.why == why
    assert refused.value.line in BAD_HOURS[why] % {"line": refused.value.line}


def test_periods_of_a_day_do_not_overlap():
    with pytest.raises(BadHours):
        parse("lunes 09:00-13:00\nlunes 12:55-14:00")
    assert len(parse("lunes 09:00-13:00\nlunes 13:00-14:00")) == 2


def test_more_lines_than_a_week_needs_are_refused():
    with pytest.raises(BadHours):
        parse("\n".join("lunes 09:00-09:05" for _ in range(101)))


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 11), st.booleans()),
        max_size=20,
        unique_by=lambda x: x[:2],
    ),
    st.sampled_from(["es", "en"]),
)
def test_what_is_shown_is_read_back_the_same(drawn, language):
    periods = sorted(
        (
            Period(day, block * 120, block * 120 + 115, 4 if in_room else None)
            for day, block, in_room in drawn
        ),
        key=lambda one: (one.weekday, one.starts_minute),
    )
    assert parse(shown(periods, {4: "Box Ñ"}, language), {"box n": 4}) == periods
