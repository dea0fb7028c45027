"""The events process as it is shipped: a server of its own, on its own port, that can die."""

from __future__ import annotations

import os
import signal
import threading
import time

import httpx
import psutil
import pytest

from reservo.notifications.models import Notice
from tests.installation import Installation
from tests.notifications.test_live import book_online

pytestmark = pytest.mark.server
PATIENCE = 30.0


class Browser:
    """Listens in a thread; `lines` are what it was sent."""

    def __init__(self, served, cast, cookie, **headers):
        self.lines, self.status, self.is_over = [], None, False
        self._changed = threading.Condition()
        self._headers = {"Cookie": f"reservo_session={cookie}", "Origin": served.url, **headers}
        self._url = f"http://127.0.0.1:{served.events_port}/{cast.slug}/events"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        try:
            with (
                httpx.Client(timeout=httpx.Timeout(10, read=60)) as http,
                http.stream("GET", self._url, headers=self._headers) as answer,
            ):
                self._note(status=answer.status_code)
                for line in answer.iter_lines():
                    self._note(line=line)
        except httpx.HTTPError:
            pass
        self._note(over=True)

    def _note(self, *, status=None, line="", over=False):
        with self._changed:
            self.status, self.is_over = status or self.status, self.is_over or over
            self.lines += [line] if line else []
            self._changed.notify_all()

    def wait(self, what, timeout=10.0):
        with self._changed:
            assert self._changed.wait_for(lambda: what(self), timeout), self.lines
        return self

    def wait_for(self, kind, timeout=10.0):
        return self.wait(lambda one: f"event: {kind}" in one.lines, timeout)

    @property
    def mark(self):
        return [line.removeprefix("id: ") for line in self.lines if line.startswith("id: ")][-1]


@pytest.fixture
def served(control):
    installation = Installation(RESERVO_DATA_DIR=os.environ["RESERVO_DATA_DIR"])
    start(installation)
    yield installation
    installation.end()


def start(installation):
    installation.start("events", wait=False)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            assert httpx.get(f"http://127.0.0.1:{installation.events_port}/live", timeout=2).text == "live\n"
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError(installation.log.read_text()[-3000:])


def cookie_of(cast):
    return cast.client("receptionist").cookies["reservo_session"].value


def test_a_real_stream_brings_what_happens_ends_in_time_and_comes_back(centre, served, monday):
    cookie = cookie_of(centre)
    browser = Browser(served, centre, cookie).wait_for("beat")
    began = time.monotonic()
    book_online(centre, monday)
    browser.wait_for("notice", 2).wait_for("agenda", 2)
    assert time.monotonic() - began < 2
    known = browser.mark

    served.process.send_signal(signal.SIGTERM)
    served.process.wait(5)
    browser.wait(lambda one: one.is_over)
    second = book_online(centre, monday.replace(hour=15))
    with centre.active():
        missed = Notice.objects.get(appointment_id=second.pk).pk
    start(served)
    back = Browser(served, centre, cookie, **{"Last-Event-ID": known}).wait_for("resync")
    assert f'data: {{"id":{missed}}}' in back.lines


def test_a_browser_that_leaves_frees_its_stream(centre, events):
    cookie = cookie_of(centre)
    url = f"http://127.0.0.1:{events.events_port}/{centre.slug}/events"
    server = psutil.Process(events.process.pid).children(recursive=True)

    def held():
        return sum(
            one.status == psutil.CONN_ESTABLISHED and one.laddr.port == events.events_port
            for process in server
            for one in process.net_connections("tcp")
        )

    before = held()
    clients = [httpx.Client(timeout=10) for _ in range(30)]
    for client in clients:
        request = client.build_request("GET", url, headers={"Cookie": f"reservo_session={cookie}"})
        assert client.send(request, stream=True).status_code == 200
    assert held() - before == 30
    for client in clients:
        client.close()
    end = time.monotonic() + 5
    while held() > before and time.monotonic() < end:
        time.sleep(0.05)
    assert held() <= before


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/{slug}/events", {}, 403),
        ("GET", "/{slug}/events", {"Cookie": "reservo_session=" + "x" * 32}, 403),
        ("GET", "/{slug}/events", {"Cookie": "reservo_session=" + "x" * 5_000}, 403),
        ("GET", "/{slug}/events", {"Cookie": "=;=;reservo_session='; DROP TABLE"}, 403),
        ("GET", "/{slug}/events", {"Origin": "https://evil.example"}, 403),
        ("GET", "/{slug}/events", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("POST", "/{slug}/events", {}, 405),
        ("GET", "/no-hay/events", {}, 403),
        ("GET", "/" + "x" * 3_000 + "/events", {}, 403),
        ("GET", "/%00/events", {}, 403),
        ("GET", "/", {}, 404),
        ("GET", "/{slug}/", {}, 404),
        ("GET", "/{slug}/events/more", {}, 404),
    ],
    ids=str,
)
def test_what_is_no_stream_of_ours_is_refused(centre, events, method, path, headers, status):
    url = f"http://127.0.0.1:{events.events_port}{path.format(slug=centre.slug)}"
    assert httpx.request(method, url, headers=headers, timeout=10).status_code == status


@pytest.fixture(scope="module")
def events(control):
    installation = Installation(RESERVO_DATA_DIR=os.environ["RESERVO_DATA_DIR"])
    start(installation)
    yield installation
    installation.end()
