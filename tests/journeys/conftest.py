"""A running demo and a real browser for what a person does."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.installation import Installation

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1440, "height": 900}}
PASSWORD = "reservo-demo-2026"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def demo(control) -> Iterator[Installation]:
    """The three sample centres on the engine of the run, served by the whole process tree."""
    installation = Installation(RESERVO_RATE_LIMITS="off")
    try:
        installation.be_a_demo()
        installation.live_on(control, "journeys")
        installation.start("demo")
        yield installation
    finally:
        installation.end()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("no chromium (Debian: apt install chromium fonts-dejavu)")
    # The browser keeps an event loop in this thread; the ORM of later tests must not mind it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def window(chromium) -> Iterator[Callable[..., Any]]:
    """Opens windows of their own: `window(**PHONE)` is a page of a fresh browser context.

    A script error or a refusal by the Content-Security-Policy fails the test at its end.
    """
    opened, wrong = [], []

    def open_window(**options: Any) -> Any:
        context = chromium.new_context(locale=options.pop("locale", "es-CL"), **{**DESK, **options})
        context.set_default_timeout(15_000)
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda said: (
                said.type == "error"
                and "Content Security Policy" in said.text
                and wrong.append(f"{page.url}: {said.text}")
            ),
        )
        return page

    open_window.contexts = opened
    yield open_window
    for context in opened:
        context.close()
    assert wrong == []


PICTURES = Path("build/journeys")


def pytest_runtest_makereport(item: Any, call: Any) -> None:
    """A journey that fails leaves a picture of each window in build/journeys, and says what stood there."""
    if call.when != "call" or call.excinfo is None or "window" not in item.funcargs:
        return
    PICTURES.mkdir(parents=True, exist_ok=True)
    pages = [page for context in item.funcargs["window"].contexts for page in context.pages]
    for n, page in enumerate(pages):
        picture = PICTURES / f"{item.name.replace('/', '_')}-{n}.png"
        try:
            page.screenshot(path=picture, timeout=5_000)
            text = page.evaluate(
                "(document.querySelector('#panel:not([hidden])') ?? document.body).innerText"
            )
        except Exception as wrong:  # a window that is gone or hangs is not what failed
            text = f"no picture: {wrong}"
        item.add_report_section("call", "window", f"{page.url}\n{picture}\n{text[:2000]}")


def log_in(page: Any, installation: Installation, slug: str, email: str, password: str = PASSWORD) -> None:
    """Through the log-in page, as a person does; ends on the agenda."""
    page.goto(f"{installation.url}/{slug}/login")
    page.fill("input[type=email]", email)
    page.fill("input[type=password]", password)
    page.press("input[type=password]", "Enter")
    page.wait_for_url("**/agenda/**")


def show_a_full_day(page: Any) -> None:
    """From the agenda to its next day with visits of whoever a phone shows first: today may be a Sunday."""
    config = json.loads(page.locator("#agenda-config").text_content())
    base, today = page.url.partition("?")[0], date.fromisoformat(config["now"][:10])
    for n in range(14):
        day = (today + timedelta(days=n)).isoformat()
        asked = f"sucursal={config['branch']}&desde={day}&hasta={day}"
        visits = page.request.get(f"{base}datos?{asked}").json()["visits"]
        if sum(one["practitioner"] == config["practitioners"][0]["id"] for one in visits) > 3:
            page.goto(f"{base}?dia={day}")
            page.wait_for_selector(".ec-event")
            return
    raise AssertionError("no full day in the demo")
