"""08:00 of the branch's morning, watched by the shifted clock: the reminder leaves then, and answers the visit."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.installation import ROOT, Installation
from tests.journeys.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.server]

ZONE = "America/Punta_Arenas"
EMAIL = "jose@paciente.example"
SECONDS_TO_WATCH = 12  # from the start of the shifted installation to 08:00
SECONDS_LATE = 10
# One small centre with a visit on its next working day, at ten.
MAKE = f"""
import django
django.setup()
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo
from reservo.config.preparing import prepare
from tests.cast import make_cast
prepare()
cast = make_cast("centro-del-sur", zone="{ZONE}")
day = datetime.now(ZoneInfo("{ZONE}")).date() + timedelta(days=1)
while day.weekday() > 4:
    day += timedelta(days=1)
visit = cast.book(datetime.combine(day, time(10), ZoneInfo("{ZONE}")))
print(visit.starts_at.isoformat())
"""


@pytest.fixture
def installation(control):
    """Marked as a demonstration, whose clock may be shifted and whose mail stays in its mailbox."""
    made = Installation(RESERVO_RATE_LIMITS="off")
    made.be_a_demo()
    made.live_on(control, "eight")
    yield made
    made.end()


def make_centre(installation):
    """The instant of its one visit."""
    done = subprocess.run(
        [sys.executable, "-c", MAKE],
        env={**installation.environment, "DJANGO_SETTINGS_MODULE": "reservo.config.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return datetime.fromisoformat(done.stdout.split()[-1])


def offset_to(eight):
    """As RESERVO_CLOCK_OFFSET says it, so that it is 08:00 in a moment."""
    seconds = round((eight - datetime.now(UTC)).total_seconds()) - SECONDS_TO_WATCH
    return f"+{seconds // 3600}h{seconds % 3600 // 60}m{seconds % 60}s"


@pytest.mark.timeout(400)
def test_the_reminder_leaves_at_eight_in_the_branchs_morning_and_the_patient_confirms(installation, window):
    starts_at = make_centre(installation).astimezone(ZoneInfo(ZONE))
    eight = starts_at.replace(hour=8, minute=0)
    began = time.monotonic()
    installation.start("run", RESERVO_CLOCK_OFFSET=offset_to(eight))
    late = timedelta(seconds=max(0, time.monotonic() - began - SECONDS_TO_WATCH) + SECONDS_LATE)

    page = window(**PHONE)
    reminder = page.locator("li.field", has_text=EMAIL).filter(has_text="Recordatorio")
    end = time.monotonic() + SECONDS_TO_WATCH + SECONDS_LATE
    while not (page.goto(f"{installation.url}/mailbox/") and reminder.count()):
        assert time.monotonic() < end, page.locator("ul").inner_text()
        time.sleep(0.3)
    left_at = parsedate_to_datetime(reminder.locator(".small").inner_text().rpartition("·")[2].strip())
    assert timedelta(0) <= left_at - eight <= late

    reminder.get_by_role("link").click()
    letter = page.frame_locator("iframe")
    text = letter.locator("body").inner_text()
    assert "10:00" in text
    assert "UTC−3" in text
    letter.get_by_role("link", name="Confirmar").click()
    page.get_by_role("button", name="Confirmar").click()
    page.get_by_text("Tu cita quedó confirmada").wait_for()

    page.goto(f"{installation.url}/mailbox/")
    expect(reminder).to_have_count(1)
