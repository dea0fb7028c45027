"""The pictures of the README, taken from a demo of its own: `make pictures`."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright  # noqa: E402

from tests.installation import Installation  # noqa: E402
from tests.journeys.conftest import DESK, FLAGS, PHONE, log_in  # noqa: E402

IMAGES = ROOT / "docs" / "images"
CENTRE = "clinica-austral"


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    demo = Installation(RESERVO_RATE_LIMITS="off")
    try:
        demo.start("demo")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            _agenda(browser.new_context(locale="es-CL", **DESK).new_page(), demo)
            _booking(browser.new_context(locale="es-CL", device_scale_factor=2, **PHONE).new_page(), demo)
            browser.close()
    finally:
        demo.end()


def _agenda(page: Any, demo: Installation) -> None:
    log_in(page, demo, CENTRE, "recepcion@austral.example")
    page.goto(f"{demo.url}/{CENTRE}/agenda/?dia={_next_workday()}")
    page.wait_for_selector(".ec-event")
    page.wait_for_timeout(800)
    page.screenshot(path=IMAGES / "agenda.png")


def _booking(page: Any, demo: Installation) -> None:
    page.goto(f"{demo.url}/{CENTRE}/")
    page.locator("a.choice").first.click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / "booking.png")
    page.locator("a.choice").first.click()
    page.wait_for_load_state("networkidle")
    page.locator("a.choice").first.click()
    page.wait_for_load_state("networkidle")
    page.locator(".times button").first.wait_for()
    page.screenshot(path=IMAGES / "times.png")


def _next_workday() -> str:
    from reservo.core.clock import now

    day = now().date() + timedelta(days=1)
    while day.weekday() > 3:
        day += timedelta(days=1)
    return day.isoformat()


if __name__ == "__main__":
    main()
