"""axe-core finds nothing serious on any page: every page that a role's links lead to, looks taken in turn."""

from __future__ import annotations

import os
import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.journeys.conftest import DESK, PHONE, log_in, show_a_full_day

pytestmark = [pytest.mark.browser, pytest.mark.server]

SLUG = "clinica-austral"
PHONE_LIGHT, DESK_DARK = (PHONE, "light"), (DESK, "dark")
PHONE_DARK, DESK_LIGHT = (PHONE, "dark"), (DESK, "light")
IS_FULL = bool(os.environ.get("RESERVO_FULL"))
# In turn over the pages; the full campaign walks all of them in each of the four looks.
WALKS = [[PHONE_LIGHT], [DESK_DARK], [PHONE_DARK], [DESK_LIGHT]] if IS_FULL else [[PHONE_LIGHT, DESK_DARK]]
LOOKS = [PHONE_DARK, DESK_LIGHT]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Files, and other sites' or centres' pages, are no pages of this walk.
NO_PAGE = re.compile(r"\.(css|png|ics|js|json)$|/mailbox/html|^embed")
NOT_LINKED = [
    "no/hay/tal/pagina",
    "sin-conexion",
    "pacientes/?q=zzz",
    "agenda/?vista=semana",
    "agenda/?por=box",
]
MOST_PAGES = 90


# The script is axe-core's own; only what is grave comes back, as [rule, impact, where, what].
GRAVE = """([tags, within]) => axe
    .run(within, { runOnly: tags, resultTypes: ["violations"] })
    .then(all => all.violations
        .filter(one => ["serious", "critical"].includes(one.impact))
        .flatMap(one => one.nodes.slice(0, 3).map(
            node => [one.id, one.impact, String(node.target), node.html.slice(0, 160)])))"""


@pytest.fixture(scope="module")
def axe():
    return Axe().axe_script


def grave(axe, page, *, within="html"):
    """The grave findings of what the page shows now."""
    page.wait_for_timeout(50)
    page.evaluate(axe)
    return page.evaluate(GRAVE, [TAGS, within])


def kind_of(address):
    """Pages of one kind differ only in numbers, dates and tokens; a list's query makes no other kind."""
    path = address.split("?")[0].split("#")[0]
    return re.sub(r"\d+|/v/[^/]+", "0", path) + ("?paso" if "paso=" in address else "")


def walk(axe, pages, root, starts):
    """Grave findings by page, over one page of each kind that can be reached from `starts`, windows in turn."""
    waiting, seen = [f"{root}{start}" for start in starts], {kind_of(f"{root}{one}") for one in starts}
    walked, found = [], {}
    while waiting:
        page = pages[len(walked) % len(pages)]
        page.goto(waiting.pop(0))
        walked.append(page.url.removeprefix(root))
        if wrong := grave(axe, page):
            found[walked[-1]] = wrong
        for href in page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)"):
            kind = kind_of(href)
            if href.startswith(root) and kind not in seen and not NO_PAGE.search(kind):
                seen.add(kind)
                waiting.append(href)
        assert len(walked) <= MOST_PAGES, walked
    return walked, found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("looks", WALKS)
def test_nothing_grave_on_any_page_of_the_administrator(demo, window, axe, looks):
    pages = [window(**size, color_scheme=scheme) for size, scheme in looks]
    for page in pages:
        log_in(page, demo, SLUG, "admin@austral.example")
    walked, found = walk(axe, pages, f"{demo.url}/{SLUG}/", ["configuracion/", "pacientes/", *NOT_LINKED])
    assert found == {}
    assert len(walked) > 40


@pytest.mark.parametrize(("size", "scheme"), LOOKS, ids=["phone dark", "desk light"])
def test_nothing_grave_in_what_opens_in_the_agenda(demo, window, axe, size, scheme):
    page = window(**size, color_scheme=scheme)
    log_in(page, demo, SLUG, "recepcion@austral.example")
    show_a_full_day(page)
    found = {"agenda": grave(axe, page)}
    page.locator("summary[aria-label='Campana']").click()
    page.wait_for_timeout(400)
    found["bell"] = grave(axe, page, within=".bell")  # what it half covers counts as small while it is open
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    found["keys"] = grave(axe, page)
    page.keyboard.press("Escape")
    page.locator(".ec-event").first.click()
    page.locator("#panel h2").first.wait_for()
    found["visit"] = grave(axe, page)
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.locator("#panel form").first.wait_for()
    found["new visit"] = grave(axe, page)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_nothing_grave_on_the_practitioners_pages(demo, window, axe):
    page = window(**PHONE, color_scheme="dark")
    log_in(page, demo, SLUG, "profesional@austral.example")
    _walked, found = walk(axe, [page], f"{demo.url}/{SLUG}/", ["agenda/", "pacientes/", "configuracion/"])
    assert found == {}


# What a thumb has to hit; links inside a sentence are read before they are hit.
SMALL = """() => [...document.querySelectorAll(
        "button, .button, .chip, select, summary, nav a, .choice, .day, input:not([type=hidden], [type=checkbox])")]
    .filter(one => one.checkVisibility({ checkVisibilityCSS: true }) && !one.closest("noscript, .sr, .ec"))
    .map(one => [one.outerHTML.slice(0, 90), Math.round(one.getBoundingClientRect().height)])
    .filter(([, height]) => height < 44)"""
THUMBED = [
    *("pacientes/", "pacientes/nuevo", "configuracion/", "configuracion/lista/boxes", "configuracion/centro"),
    *("configuracion/profesionales/1", "configuracion/feriados", "agenda/", "cuenta/", ""),
]


def test_targets_are_large_enough_for_a_thumb(demo, window):
    page = window(**PHONE)
    log_in(page, demo, SLUG, "admin@austral.example")
    found = {}
    for path in THUMBED:
        page.goto(f"{demo.url}/{SLUG}/{path}")
        page.wait_for_timeout(100)
        if small := page.evaluate(SMALL):
            found[path] = small
    assert found == {}


def test_no_page_is_wider_than_its_screen(demo, window):
    page = window(**DESK)
    log_in(page, demo, SLUG, "admin@austral.example")
    found = {}
    for path in (
        "pacientes/",
        "pacientes/nuevo",
        "configuracion/profesionales/1",
        "configuracion/lista/boxes",
    ):
        page.goto(f"{demo.url}/{SLUG}/{path}")
        for width in (1440, 768, 360, 320):
            page.set_viewport_size({"width": width, "height": 740})
            if (wide := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
                found[path, width] = wide
    assert found == {}


@pytest.mark.parametrize(("size", "scheme"), LOOKS, ids=["phone dark", "desk light"])
def test_nothing_grave_on_the_public_pages(demo, window, axe, size, scheme):
    page = window(**size, color_scheme=scheme)
    root = f"{demo.url}/{SLUG}/"
    _walked, found = walk(axe, [page], root, ["", "login", "privacidad"])
    for outside in (f"{demo.url}/", f"{demo.url}/login", f"{demo.url}/nada"):
        page.goto(outside)
        found[outside] = grave(axe, page)
    page.goto(root)
    while not page.locator("a.day").count():
        page.locator("a.choice").first.click()
        page.wait_for_load_state()
        found[page.url] = grave(axe, page)
    page.locator("a.day:not(.turn)").nth(3).click()
    page.locator(".times button").first.click()
    page.wait_for_selector("form[data-once]")
    found["own data"] = grave(axe, page)
    page.get_by_role("button", name="Reservar").click()
    page.wait_for_selector(".error")
    found["own data refused"] = grave(axe, page)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


# Fields of one form that lie upon each other: what is wider than its column hides its neighbour.
OVERLAPPING = """() => {
    const boxes = [...document.querySelectorAll("main .fields input, main .fields select, main .fields textarea")]
        .filter(one => one.checkVisibility({ checkVisibilityCSS: true }))
        .map(one => [one.name, one.getBoundingClientRect()]);
    return boxes.flatMap(([name, a], at) => boxes.slice(at + 1)
        .filter(([, b]) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
        .map(([other]) => `${name} / ${other}`));
}"""


def test_no_field_lies_upon_another(demo, window):
    page = window(**DESK)
    log_in(page, demo, SLUG, "admin@austral.example")
    found = {}
    for path in (
        "configuracion/centro",
        "configuracion/reserva",
        "configuracion/tratamientos/1",
        "pacientes/nuevo",
    ):
        page.goto(f"{demo.url}/{SLUG}/{path}")
        for width in (1440, 1024, 768, 360):
            page.set_viewport_size({"width": width, "height": 740})
            if upon := page.evaluate(OVERLAPPING):
                found[path, width] = upon
    assert found == {}
