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


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_password_can_be_looked_at_by_keyboard_and_thumb_and_is_hidden_when_sent(demo, window, size):
    page = window(**size)
    page.goto(f"{demo.url}/clinica-austral/login")
    field, peek = page.locator("[name=password]"), page.get_by_role("button", name="Mostrar la contraseña")
    page.fill("[name=email]", "recepcion@austral.example")
    field.fill("no-es-mi-clave")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(field).to_have_attribute("type", "text")
    expect(peek).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Space")
    expect(field).to_have_attribute("type", "password")
    if size is PHONE:
        box = peek.bounding_box()
        assert (box["width"] >= 44, box["height"] >= 44) == (True, True)
    peek.click()
    page.evaluate("document.forms[0].addEventListener('submit', (event) => event.preventDefault())")
    field.press("Enter")
    expect(field).to_have_attribute("type", "password")


def test_without_scripts_a_password_is_simply_hidden(demo, window):
    page = window(java_script_enabled=False)
    page.goto(f"{demo.url}/clinica-austral/login")
    expect(page.locator("[name=password]")).to_have_attribute("type", "password")
    expect(page.locator(".peek")).to_have_count(0)
