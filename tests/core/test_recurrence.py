"""A job set at any quarter hour fires once per local date, in every named zone, whatever the clocks do."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reservo.core import recurrence, zones
from tests.core.named_zones import (
    FIRST,
    LAST,
    NAMED,
    QUARTERS,
    around_changes,
    change_dates,
    days,
    expected_firings,
)

each_zone = pytest.mark.parametrize("zone", NAMED)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2037, 12, 28), timezones=st.just(UTC))


def check_day(day: date, zone: str) -> None:
    """Against the walked clock: the first occurrence of a fold; in a gap the first valid instant after it."""
    firings = [recurrence.firing(day, minute, zone) for minute in QUARTERS]
    assert firings == expected_firings(day, zone)
    assert firings == sorted(firings)


@each_zone
def test_on_each_change_of_the_clocks_every_quarter_hour_fires_where_it_should(zone):
    for day in around_changes(zone)[:6]:
        check_day(day, zone)


@pytest.mark.full
@pytest.mark.timeout(1_800)
@each_zone
def test_on_all_days_of_fourteen_years_every_quarter_hour_fires_where_it_should(zone):
    for day in days():
        check_day(day, zone)


@each_zone
def test_each_local_date_of_fourteen_years_fires_once(zone):
    start, end = zones.day_bounds(FIRST, zone)[0], zones.day_bounds(LAST, zone)[1]
    for minute in (0, 8 * 60, 23 * 60 + 45):
        fired = list(recurrence.firings(minute, zone, start - timedelta(days=1), end + timedelta(days=1)))
        dates = [day for day, _ in fired if FIRST <= day <= LAST]
        assert dates == days()
        assert [at for _, at in fired] == sorted({at for _, at in fired})


def test_eight_in_the_morning_is_eight_in_the_morning_on_every_change_date():
    for zone in NAMED:
        for day in change_dates(zone):
            at = recurrence.firing(day, 8 * 60, zone)
            assert zones.local(at, zone).strftime("%F %H:%M") == f"{day} 08:00"


@given(
    zone=st.sampled_from(NAMED),
    minute=st.sampled_from(list(QUARTERS)),
    start=moments,
    cuts=st.lists(st.timedeltas(timedelta(0), timedelta(days=3)), max_size=6),
)
@settings(max_examples=150, deadline=None)
def test_reading_in_pieces_finds_what_reading_at_once_does(zone, minute, start, cuts):
    """Ticks, restarts and outages cut time into pieces anywhere; nothing is lost or doubled at a cut."""
    edges = sorted({start, start + timedelta(days=3), *(start + cut for cut in cuts)})
    pieces = [
        one for low, high in itertools.pairwise(edges) for one in recurrence.firings(minute, zone, low, high)
    ]
    assert pieces == list(recurrence.firings(minute, zone, start, start + timedelta(days=3)))


@given(zone=st.sampled_from(NAMED), minute=st.integers(0, 1439), day=st.dates(FIRST, LAST))
@settings(max_examples=300, deadline=None)
def test_a_firing_is_never_before_its_local_time_and_on_its_date_or_at_the_end_of_the_gap(zone, minute, day):
    local = zones.local(recurrence.firing(day, minute, zone), zone)
    wall = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    jumped = local.replace(tzinfo=None) - wall
    assert timedelta(0) <= jumped <= timedelta(hours=1)
    assert local.fold == 0


@pytest.mark.parametrize(
    ("day", "minute", "zone", "utc"),
    [
        (date(2026, 9, 6), 0, "America/Santiago", "2026-09-06T04:00"),  # 00:00 does not exist: 01:00 −03
        (date(2026, 9, 6), 30, "America/Santiago", "2026-09-06T04:00"),
        (date(2026, 4, 4), 23 * 60 + 30, "America/Santiago", "2026-04-05T02:30"),  # happens twice: the first
        (date(2026, 9, 5), 22 * 60, "Pacific/Easter", "2026-09-06T04:00"),  # its gap is on Saturday evening
        (date(2026, 3, 29), 2 * 60 + 30, "Europe/Madrid", "2026-03-29T01:00"),
        (date(2026, 10, 25), 2 * 60 + 30, "Europe/Madrid", "2026-10-25T00:30"),
        (date(2026, 3, 29), 60 + 30, "Atlantic/Canary", "2026-03-29T01:00"),
        (date(2026, 3, 8), 2 * 60 + 30, "America/St_Johns", "2026-03-08T05:30"),
        (date(2026, 6, 1), 8 * 60, "Asia/Kolkata", "2026-06-01T02:30"),
        (date(2026, 6, 1), 8 * 60, "America/Coyhaique", "2026-06-01T11:00"),  # no winter time since 2025
        (date(2026, 6, 1), 8 * 60, "America/Santiago", "2026-06-01T12:00"),
        (date(2026, 6, 1), 8 * 60, "America/Mexico_City", "2026-06-01T14:00"),  # no summer time since 2022
        (date(2026, 6, 1), 8 * 60, "America/Tijuana", "2026-06-01T15:00"),
    ],
)
def test_known_hard_cases(day, minute, zone, utc):
    assert recurrence.firing(day, minute, zone) == datetime.fromisoformat(utc).replace(tzinfo=UTC)
