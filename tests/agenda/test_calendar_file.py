"""The visit's calendar file, read back by the library that phones' makers test against."""

from zoneinfo import ZoneInfo

import icalendar
import pytest

from reservo.agenda.calendar_file import calendar_file
from reservo.agenda.models import Appointment
from reservo.core.clock import now
from tests.cast import make_cast


def read_back(cast, appointment):
    with cast.active():
        content = calendar_file(appointment, title="Consulta", place="Calle Uno", url="http://x/", at=now())
    return icalendar.Calendar.from_ical(content)


def test_the_file_brings_the_zone_that_its_times_name(centre, monday):
    appointment = centre.book(monday)
    calendar = read_back(centre, appointment)
    (event,) = calendar.events
    assert event.start == monday
    assert event.start.tzinfo.key == "America/Santiago"
    assert [zone.tz_name for zone in calendar.timezones] == ["America/Santiago"]
    assert calendar.get_missing_tzids() == set()


@pytest.mark.parametrize(
    "zone", ["America/Santiago", "America/Lima", "Europe/Madrid", "America/Punta_Arenas"]
)
def test_the_zone_that_it_brings_agrees_with_the_visit(control, monday, zone):
    country = {"America/Lima": "PE", "Europe/Madrid": "ES"}.get(zone, "CL")
    cast = make_cast(zone=zone, country=country)
    calendar = read_back(cast, cast.book(monday))
    brought = calendar.timezones[0].to_tz()
    local = monday.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert brought.utcoffset(local) == monday.astimezone(ZoneInfo(zone)).utcoffset()
    cast.end()


def test_a_cancelled_visit_withdraws_its_event_under_a_higher_sequence(centre, monday):
    appointment = centre.book(monday)
    before = read_back(centre, appointment).events[0]
    appointment.state = Appointment.State.SUSPENDED
    calendar = read_back(centre, appointment)
    after = calendar.events[0]
    assert calendar["method"] == "CANCEL"
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
