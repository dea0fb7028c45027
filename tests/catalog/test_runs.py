"""A fortnight off is typed, shown, removed and put back as one."""

import re
from datetime import timedelta

import pytest

from reservo.audit.models import Action
from reservo.catalog.models import Branch, Holiday, WorkingException
from reservo.catalog.runs import MOST_DAYS, runs
from reservo.core.clock import now
from tests.ui.forms import read

FIRST = now().date() + timedelta(days=20)


@pytest.fixture
def admin(centre):
    return centre.client("administrator")


def day(number):
    return FIRST + timedelta(days=number)


def holiday(number, name="Vacaciones", **changes):
    return Holiday(date=day(number), name=name, **changes)


def spans(rows):
    return [(run.first.name, run.first.date - FIRST, run.last - FIRST) for run in runs(rows)]


def of(name, first, last):
    return (name, timedelta(days=first), timedelta(days=last))


def test_days_that_are_alike_and_follow_each_other_are_one():
    rows = [holiday(0), holiday(1), holiday(1, "Aseo"), holiday(2), holiday(4), holiday(5, is_closed=False)]
    assert spans(rows) == [
        of("Vacaciones", 0, 2),
        of("Aseo", 1, 1),
        of("Vacaciones", 4, 4),
        of("Vacaciones", 5, 5),
    ]


def test_no_run_is_longer_than_what_can_be_put_back_at_once():
    assert spans(map(holiday, range(MOST_DAYS + 2))) == [
        of("Vacaciones", 0, MOST_DAYS - 1),
        of("Vacaciones", MOST_DAYS, MOST_DAYS + 1),
    ]


def rows_of(centre, model):
    with centre.active():
        return [
            {name: value for name, value in row.items() if name != "id"}
            for row in model.objects.order_by("date").values()
        ]


def removals(page):
    return re.findall(r'action="([^"]*/quitar)".*?name="until" value="([^"]*)"', page, re.DOTALL)


def put_back(admin, page):
    offer = next(form for form in read(page).forms if form.data.get("date", [""]) != [""])
    return admin.post(offer.action, offer.data)


@pytest.fixture
def holidays(centre):
    with centre.active():
        branch = Branch.objects.get(pk=centre.branch)
        rows = [holiday(number, branch=branch) for number in range(14)]
        Holiday.objects.bulk_create([*rows, holiday(3, "Aseo", is_closed=False)])
    return centre.url("configuracion/feriados")


def exceptions(centre, **changes):
    days = [
        WorkingException(practitioner_id=centre.ana, date=day(number), kind="off", reason="Viaje", **changes)
        for number in range(14)
    ]
    with centre.active():
        WorkingException.objects.bulk_create(days)
    return centre.url(f"configuracion/profesionales/{centre.ana}")


def check_removal_and_return(centre, admin, address, model, left):
    before = rows_of(centre, model)
    shown = removals(admin.get(address).content.decode())
    assert shown[0][1] == day(13).isoformat()
    answer = admin.post(shown[0][0], {"until": shown[0][1]})
    assert len(rows_of(centre, model)) == left
    page = admin.get(answer.headers["Location"]).content.decode()
    assert "14 días quitados." in page
    assert put_back(admin, page).status_code == 302
    assert sorted(map(repr, rows_of(centre, model))) == sorted(map(repr, before))


def test_a_fortnights_holidays_go_at_once_and_come_back(centre, admin, holidays):
    check_removal_and_return(centre, admin, holidays, Holiday, left=1)
    with centre.active():
        assert Action.objects.filter(action="holiday.removed").count() == 1


@pytest.mark.parametrize(
    "hours", [{}, {"starts_minute": 600}, {"starts_minute": 605, "ends_minute": 720}], ids=str
)
def test_a_practitioners_fortnight_goes_at_once_and_comes_back(centre, admin, hours):
    address = exceptions(centre, **hours)
    check_removal_and_return(centre, admin, address, WorkingException, left=0)


@pytest.mark.parametrize("hours", [(0, 720), (605, 720), (1200, 1440)], ids=str)
def test_extra_hours_come_back_in_their_room(centre, admin, hours):
    row = WorkingException(practitioner_id=centre.ana, date=day(0), kind="extra", branch_id=centre.branch)
    row.room_id, (row.starts_minute, row.ends_minute) = centre.room, hours
    with centre.active():
        row.save()
    before = rows_of(centre, WorkingException)
    address = centre.url(f"configuracion/profesionales/{centre.ana}")
    ((removal, until),) = removals(admin.get(address).content.decode())
    page = admin.post(removal, {"until": until}, follow=True).content.decode()
    assert put_back(admin, page).status_code == 302
    assert rows_of(centre, WorkingException) == before


@pytest.mark.parametrize("until", ["", "ayer", "2026-02-31", "0001-01-01"])
def test_a_last_day_that_makes_no_sense_removes_one(centre, admin, holidays, until):
    address, _until = removals(admin.get(holidays).content.decode())[0]
    assert admin.post(address, {"until": until}).status_code == 302
    assert len(rows_of(centre, Holiday)) == 14


def test_a_centre_closes_for_several_days_at_once(centre, admin):
    given = {"date": day(0).isoformat(), "until": day(13).isoformat(), "name": "Receso", "is_closed": "on"}
    assert admin.post(centre.url("configuracion/feriados"), given).status_code == 302
    assert [row["date"] for row in rows_of(centre, Holiday)] == [day(number) for number in range(14)]
    given["until"] = day(-1).isoformat()
    assert admin.post(centre.url("configuracion/feriados"), given).status_code == 422
