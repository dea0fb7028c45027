"""The bell and the live agenda, as the people at the desk see them."""

from __future__ import annotations

import time
from datetime import date, timedelta

import httpx
import psutil
import pytest

from tests.journeys.conftest import PHONE, log_in

pytestmark = [pytest.mark.browser, pytest.mark.server]

SLUG, DESK_MAIL = "clinica-austral", "recepcion@austral.example"
WITHIN_MS = 2_000
LIVE = "() => document.body.dataset.eventsUrl && !document.body.classList.contains('not-live')"
COUNT = "(count) => Number(document.getElementById('bell-count').textContent) === count"


class Patient:
    """Books free times of the first branch through the public interface."""

    def __init__(self, installation, slug=SLUG):
        self.http = httpx.Client(base_url=installation.url, timeout=30)
        self.base = f"/api/v1/public/{slug}"
        self.centre = self.http.get(self.base).json()
        self.service = self.centre["services"][0]
        self.branch = self.centre["branches"][0]["id"]

    def times(self, after=7):
        first = date.today() + timedelta(days=after)
        asked = {
            "service": self.service["id"],
            "branch": self.branch,
            "from": first,
            "to": first + timedelta(days=20),
        }
        found = self.http.get(
            self.base + "/availability", params={k: str(v) for k, v in asked.items()}
        ).json()
        return [(one["starts_at"], one["practitioners"]) for day in found["days"] for one in day["times"]]

    def book(self, starts_at, name="Rosalinda"):
        made = self.http.post(
            self.base + "/appointments",
            json={
                "service": self.service["id"],
                "branch": self.branch,
                "practitioner": None,
                "starts_at": starts_at,
                "patient": {
                    "given_name": name,
                    "paternal_surname": "Campana",
                    "maternal_surname": "",
                    "email": f"{name.lower()}{time.monotonic_ns()}@paciente.example",
                    "phone": "+56961234567",
                    "national_id": "",
                    "country": "CL",
                    "foreigner": False,
                },
                "comment": "",
                "privacy_accepted": True,
            },
        )
        assert made.status_code == 201, made.text
        return made.json()


@pytest.fixture(scope="module")
def patient(demo):
    return Patient(demo)


@pytest.fixture
def free(patient):
    """A free time that no other test of this file uses."""
    return patient.times()[0][0]


def desk(window, demo, day, mail=DESK_MAIL, **size):
    page = window(**size)
    log_in(page, demo, SLUG, mail)
    show(page, demo, day)
    return page


def show(page, demo, day):
    page.goto(f"{demo.url}/{SLUG}/agenda/?dia={day[:10]}&sucursal=1")
    page.wait_for_selector(".ec-body")
    page.wait_for_function(LIVE)
    page.evaluate("() => { document.body.dataset.loaded = 'once' }")


def events_processes(demo):
    tree = psutil.Process(demo.process.pid).children(recursive=True)
    return [one for one in tree if any("live.app" in word for word in one.cmdline())]


def streams_open(demo):
    """Established connections to the events port, as its own side sees them."""
    return sum(
        one.status == psutil.CONN_ESTABLISHED and one.laddr.port == demo.events_port
        for one in psutil.net_connections("tcp")
    )


def streams_at_rest(demo):
    """Those of windows that were just closed are gone; what is left was there before."""
    end = time.monotonic() + 5
    while streams_open(demo) and time.monotonic() < end:
        time.sleep(0.05)
    return streams_open(demo)


def count_of(page):
    return int(page.locator("#bell-count").text_content() or 0)


@pytest.mark.parametrize("size", [{}, PHONE], ids=["desk", "phone"])
def test_an_online_booking_rings_is_listed_and_appears_in_the_open_agenda(demo, window, patient, free, size):
    page = desk(window, demo, free, **size)
    before, drawn = count_of(page), page.locator(".ec-event").count()
    made = patient.book(free)
    page.wait_for_function("() => document.documentElement.dataset.rang", timeout=WITHIN_MS)
    page.wait_for_function(COUNT, arg=before + 1)
    page.get_by_text("Rosalinda Campana").first.wait_for(state="attached", timeout=WITHIN_MS)
    told = page.locator(".toast").filter(has_text="Reserva en línea").filter(has_text="Rosalinda")
    told.wait_for(timeout=WITHIN_MS)
    if not size:
        page.wait_for_function(
            f"() => document.querySelectorAll('.ec-event').length > {drawn}", timeout=WITHIN_MS
        )
    page.click("#bell summary")
    line = page.locator("#bell-list .notice").first
    line.wait_for()
    assert "Rosalinda Campana" in line.inner_text()
    assert "Reserva en línea" in line.inner_text()
    assert page.locator("#bell-count").is_hidden()
    assert page.evaluate("document.body.dataset.loaded") == "once"
    line.click()
    page.locator("#panel").filter(has_text=f"#{made['number']}").wait_for()


def test_what_the_patient_does_by_link_shows_in_the_open_agenda_without_a_reload(demo, window, patient, free):
    made = patient.book(free, "Confirmada")
    page = desk(window, demo, free)
    with httpx.Client(follow_redirects=True, timeout=30) as phone:
        link = made["links"]["manage"]
        shown = phone.get(link)
        assert "Confirmada" in shown.text or shown.status_code == 200
        phone.post(str(httpx.URL(link).join("confirmar")), headers={"Origin": demo.url})
    page.locator(".toast").filter(has_text="Confirmó").wait_for(timeout=WITHIN_MS)
    assert page.evaluate("document.body.dataset.loaded") == "once"


def test_an_arrival_noted_by_one_rings_in_the_window_of_the_other(demo, window, patient, free):
    patient.book(free, "Llegada")
    first, second = desk(window, demo, free), desk(window, demo, free, mail="admin@austral.example")
    visit = "[data-visit]:has-text('Llegada Campana')"
    second.locator(visit).wait_for(state="attached")
    first.locator(visit).first.click()
    first.locator("#panel .state-arrived").click()
    second.locator(".toast").filter(has_text="Llegó").wait_for(timeout=WITHIN_MS)
    assert second.evaluate("document.documentElement.dataset.rang")
    assert not first.evaluate("document.documentElement.dataset.rang")
    second.locator(".ec-event .state-arrived:has-text('Llegada Campana')").first.wait_for(
        state="attached", timeout=WITHIN_MS
    )
    assert second.evaluate("document.body.dataset.loaded") == "once"


def test_three_tabs_share_one_stream_and_the_next_takes_over(demo, window, patient, free):
    before = streams_at_rest(demo)
    first = desk(window, demo, free)
    tabs = [first]
    for _ in range(2):
        tab = first.context.new_page()
        show(tab, demo, free)
        tabs.append(tab)
    assert streams_open(demo) - before == 1
    patient.book(free, "Primera")
    for tab in tabs:
        tab.bring_to_front()
        tab.wait_for_function("() => Number(document.getElementById('bell-count').textContent) > 0")
    assert sum(bool(tab.evaluate("document.documentElement.dataset.rang")) for tab in tabs) == 1
    first.close()
    tabs[1].wait_for_function(LIVE)
    end = time.monotonic() + 5
    while streams_open(demo) - before != 1 and time.monotonic() < end:
        time.sleep(0.05)
    assert streams_open(demo) - before == 1
    counts = [count_of(tab) for tab in tabs[1:]]
    patient.book(patient.times()[0][0], "Segunda")
    for tab, count in zip(tabs[1:], counts, strict=True):
        tab.bring_to_front()
        tab.wait_for_function(COUNT, arg=count + 1)


def test_without_the_events_everything_else_works_and_what_was_missed_comes_back(demo, window, patient, free):
    page = desk(window, demo, free)
    before = count_of(page)
    assert page.locator(".offline-mark").is_hidden()
    for process in events_processes(demo):
        process.suspend()
    for process in events_processes(demo):
        process.kill()
    page.locator(".offline-mark").wait_for(timeout=5_000)
    assert page.locator(".offline-mark").inner_text() == "Sin conexión en vivo"
    patient.book(free, "Perdida")
    page.wait_for_function(LIVE, timeout=20_000)
    assert page.locator(".offline-mark").is_hidden()
    page.wait_for_function(COUNT, arg=before + 1)
    page.get_by_text("Perdida Campana").first.wait_for(state="attached")
    assert page.evaluate("document.body.dataset.loaded") == "once"


def test_the_stream_ends_with_the_log_out(demo, window, free):
    before = streams_at_rest(demo)
    page = desk(window, demo, free)
    other = page.context.new_page()
    show(other, demo, free)
    assert streams_open(demo) - before == 1
    page.evaluate("() => document.querySelector('form[action$=logout]').requestSubmit()")
    page.wait_for_url("**/login**")
    other.locator(".offline-mark").wait_for(timeout=WITHIN_MS)
