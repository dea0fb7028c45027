"""The booking page inside another site's frame, third-party cookies off: only on sites the centre lists."""

from __future__ import annotations

import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import DESK, FLAGS, PHONE, log_in

pytestmark = [pytest.mark.browser, pytest.mark.server]

SLUG = "fisio-miraflores"
NO_THIRD_PARTY_COOKIES = "--test-third-party-cookie-phaseout"


@pytest.fixture(scope="module")
def site():
    """A clinic's own site on another origin (localhost, where the product is 127.0.0.1): {path: HTML}."""
    pages: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.pages, server.url = pages, f"http://localhost:{server.server_address[1]}"
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def listed(demo, chromium, site):
    """The administrator lists the site on the settings screen and copies the code."""
    context = chromium.new_context(locale="es-PE", **DESK)
    page = context.new_page()
    log_in(page, demo, SLUG, "admin@miraflores.example")
    page.goto(f"{demo.url}/{SLUG}/configuracion/reserva")
    page.fill("[name=sites]", site.url)
    page.get_by_role("button", name="Guardar").click()
    page.get_by_text("Cambios guardados.").first.wait_for()
    code = page.input_value("#embed-code")
    context.close()
    site.pages["/"] = f"<!doctype html><title>Fisio</title><h1>Reserva</h1>{code}"
    return site.url


@pytest.fixture
def strict(chromium):
    """A browser that keeps no cookie of a third party."""
    browser = chromium.browser_type.launch(
        executable_path=shutil.which("chromium"), args=[*FLAGS, NO_THIRD_PARTY_COOKIES]
    )
    yield browser
    browser.close()


def in_frame(page, demo):
    page.wait_for_selector("iframe")
    frame = page.frame_locator("iframe")
    frame.locator("a.choice").first.wait_for()
    return frame


def take_the_last_hour(frame):
    """The first service, whoever does it, the last hour of the first day."""
    frame.locator("a.choice").first.click()
    frame.locator("a.choice, .times button").first.wait_for()
    if frame.locator("a.choice").count():
        frame.locator("a.choice").first.click()
    frame.locator(".times button").last.click()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_visit_is_booked_in_a_frame_of_another_site_without_cookies(demo, strict, listed, site, scripts):
    context = strict.new_context(
        locale="es-PE", java_script_enabled=scripts, **{**PHONE, "viewport": {"width": 320, "height": 640}}
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    set_cookies = []
    page.on("response", lambda answer: "set-cookie" in answer.headers and set_cookies.append(answer.url))
    site.pages["/plain"] = (
        f'<!doctype html><title>x</title><iframe src="{demo.url}/{SLUG}/" width="320" height="600"></iframe>'
    )
    page.goto(listed + ("/" if scripts else "/plain"))
    frame = in_frame(page, demo)
    take_the_last_hour(frame)
    for name, typed in {
        "given_name": "Rosa",
        "paternal_surname": "Quispe",
        "email": f"rosa.{scripts}@paciente.example".lower(),
        "phone": "987654321",
    }.items():
        frame.locator(f"[name={name}]").fill(typed)
    frame.locator("[name=privacy_accepted]").check()
    frame.locator("form[data-once] button").click()
    frame.get_by_role("heading", name="¡Hora reservada!").wait_for()
    assert set_cookies == []
    assert context.cookies() == []
    inside = page.frames[1]
    if scripts:
        assert inside.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.locator("iframe").evaluate("frame => frame.clientHeight") >= 320
    context.close()


def test_in_a_tall_frame_the_next_page_is_seen_from_its_beginning_or_at_what_is_wrong(
    demo, strict, listed, site
):
    """The hours at the end are pressed far down the site's page."""
    context = strict.new_context(locale="es-PE", **PHONE)
    page = context.new_page()
    wide = '<meta name="viewport" content="width=device-width">'
    site.pages["/tall"] = site.pages["/"] + wide + "<p>Más.</p>" * 200
    page.goto(f"{listed}/tall")
    frame = in_frame(page, demo)
    take_the_last_hour(frame)
    frame.get_by_role("heading", name="Tus datos").wait_for()
    page.wait_for_function("document.querySelector('iframe').getBoundingClientRect().top >= 0")
    frame.locator("form[data-once] button").click()
    frame.locator(".field.wrong").first.wait_for()
    page.wait_for_function("document.querySelector('iframe').getBoundingClientRect().top < 0")
    first = frame.locator(".field.wrong").first.bounding_box()
    assert 0 <= first["y"] <= PHONE["viewport"]["height"] / 2
    context.close()


def test_a_site_that_is_not_listed_gets_no_frame(demo, strict, listed, site):
    context = strict.new_context(locale="es-PE", **DESK)
    page = context.new_page()
    site.pages["/plain"] = f'<!doctype html><title>x</title><iframe src="{demo.url}/{SLUG}/"></iframe>'
    stranger = listed.replace("localhost", "other.localhost")
    page.goto(f"{stranger}/plain")
    page.wait_for_load_state("networkidle")
    assert page.title() == "x"
    assert len(page.frames) == 2
    expect(page.frame_locator("iframe").locator("a.choice")).to_have_count(0)
    context.close()


@pytest.mark.parametrize("path", ["login", "agenda/", "configuracion/reserva"])
def test_no_staff_page_shows_in_a_frame_even_on_a_listed_site(demo, strict, listed, site, path):
    context = strict.new_context(locale="es-PE", **DESK)
    page = context.new_page()
    site.pages["/staff"] = f'<!doctype html><title>x</title><iframe src="{demo.url}/{SLUG}/{path}"></iframe>'
    page.goto(f"{listed}/staff")
    page.wait_for_load_state("networkidle")
    assert page.title() == "x"
    assert len(page.frames) == 2
    expect(page.frame_locator("iframe").locator("input, nav, main")).to_have_count(0)
    context.close()


@pytest.mark.parametrize(
    ("state", "said"), [("maintenance", "En mantención"), ("disabled", "no está disponible")]
)
def test_a_closed_centre_says_so_in_its_frame(demo, strict, listed, state, said):
    context = strict.new_context(locale="es-PE", **PHONE)
    page = context.new_page()
    demo.command("tenants", "state", SLUG, state)
    try:
        page.goto(listed)
        page.frame_locator("iframe").get_by_text(said).first.wait_for()
    finally:
        demo.command("tenants", "state", SLUG, "active")
    page.wait_for_timeout(1_200)
    page.goto(listed)
    in_frame(page, demo)
    context.close()
