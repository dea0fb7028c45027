"""The first things a person opens."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import DESK, PHONE, log_in, show_a_full_day

pytestmark = [pytest.mark.browser, pytest.mark.server]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_receptionist_logs_in_and_sees_the_agenda(demo, window, size):
    page = window(**size)
    log_in(page, demo, "clinica-austral", "recepcion@austral.example")
    show_a_full_day(page)
    assert page.locator(".ec-event").count() > 3


def test_the_booking_page_shows_the_centre(demo, window):
    page = window(**PHONE)
    page.goto(f"{demo.url}/clinica-austral/")
    expect(page.get_by_role("heading").first).to_be_visible()
    assert page.context.cookies() == []
