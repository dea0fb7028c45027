"""Days on which a branch is closed: the country's, the region's, and the centre's own."""

from datetime import date

import pytest

from reservo.catalog import closed_days
from reservo.catalog.models import Branch, Holiday

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def branch(**changes):
    return Branch.objects.create(
        **{"name": f"B {changes}", "zone": "America/Santiago", "country": "CL", **changes}
    )


@pytest.mark.parametrize(
    ("country", "region", "day", "is_closed"),
    [
        ("CL", "", date(2026, 9, 18), True),
        ("CL", "", date(2026, 6, 7), False),
        ("CL", "AP", date(2026, 6, 7), True),
        ("CL", "NB", date(2026, 8, 20), True),
        ("CL", "RM", date(2026, 8, 20), False),
        ("ES", "MD", date(2026, 5, 2), True),
        ("ES", "CT", date(2026, 9, 11), True),
        ("ES", "MD", date(2026, 9, 11), False),
        ("ES", "CN", date(2026, 5, 30), True),
        ("PE", "", date(2026, 7, 28), True),
        ("MX", "", date(2026, 9, 16), True),
        ("AR", "", date(2026, 7, 9), True),
    ],
)
def test_public_holidays_are_those_of_country_and_region(centre, country, region, day, is_closed):
    with centre.active():
        closed = closed_days.closed_dates(branch(country=country, region=region), *YEAR)
    assert (day in closed) is is_closed


def test_a_branch_may_open_on_holidays_and_close_on_days_of_its_own(centre):
    with centre.active():
        open_always = branch(keeps_holidays=False)
        Holiday.objects.create(date=date(2026, 3, 3), name="Inventario")
        Holiday.objects.create(date=date(2026, 3, 4), name="Mudanza", branch=open_always)
        assert closed_days.closed_dates(open_always, *YEAR) == {
            date(2026, 3, 3): "Inventario",
            date(2026, 3, 4): "Mudanza",
        }


def test_a_public_holiday_may_be_worked(centre):
    with centre.active():
        usual, here = branch(region="RM"), branch(region="VS")
        Holiday.objects.create(date=date(2026, 9, 18), name="Turno", branch=here, is_closed=False)
        assert date(2026, 9, 18) in closed_days.closed_dates(usual, *YEAR)
        assert date(2026, 9, 18) not in closed_days.closed_dates(here, *YEAR)


def test_every_region_that_can_be_chosen_has_a_calendar(centre):
    from reservo.catalog.forms.regions import region_choices, split

    for _country, regions in region_choices():
        for choice, _name in regions:
            assert closed_days.public_holidays(*split(choice), 2027)
