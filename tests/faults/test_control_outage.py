"""The control server killed under load: known centres go on as if nothing were, and the mails come afterwards.

A whole installation with its control plane on PostgreSQL; patients book and one receptionist works all the while.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.installation import Installation
from tests.journeys.conftest import PASSWORD
from tests.servers import PostgresServer, missing

pytestmark = [pytest.mark.server, pytest.mark.timeout(400)]
SLUGS = ("clinica-austral", "estetica-gran-via", "fisio-miraflores")
ASKED_EVERY = 0.25
MAILS_AFTER_SECONDS = 90.0
RECEPTION = {"email": "recepcion@austral.example", "password": PASSWORD}

MAILS_LEAVE_AT_ONCE = f"""
from reservo import tenancy
from reservo.crm.models import AutomaticMail
from reservo.tenancy import directory
for slug in {SLUGS!r}:
    with tenancy.activate(directory.find(slug)), tenancy.atomic():
        AutomaticMail.objects.update(confirmation_delay_minutes=0)
"""
CONFIRMED = f"""
from reservo import tenancy
from reservo.notifications.models import Delivery
from reservo.tenancy import directory
for slug in {SLUGS!r}:
    with tenancy.activate(directory.find(slug)):
        accepted = Delivery.objects.filter(kind="confirmation", state="accepted")
        for address in accepted.values_list("to_address", flat=True):
            if address.endswith("@outage.example"):
                print(address)
"""


@pytest.fixture
def served():
    """(installation, the server of its control plane)"""
    if program := missing("postgresql"):
        pytest.skip(program)
    server = PostgresServer()
    server.start()
    installation = Installation(
        RESERVO_CONTROL_URL=server.control_url(), RESERVO_WORKERS="2", RESERVO_RATE_LIMITS="off"
    )
    try:
        installation.start("demo")
        installation.python(MAILS_LEAVE_AT_ONCE)
        yield installation, server
    finally:
        installation.end()
        server.end()


def log_in(installation) -> httpx.Client:
    """A receptionist's browser."""
    client = httpx.Client(base_url=installation.url, timeout=20, follow_redirects=True)
    page = client.get(f"/{SLUGS[0]}/login")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
    entered = client.post(
        f"/{SLUGS[0]}/login",
        data={**RECEPTION, "csrfmiddlewaretoken": token},
        headers={"Referer": f"{installation.url}/{SLUGS[0]}/login"},
    )
    assert "/agenda" in entered.url.path, entered.text[:500]
    return client


@dataclass
class Patients:
    """Book one free time after the other in every centre; what each was answered."""

    url: str
    answers: dict[str, int] = field(default_factory=dict)
    slowest: float = 0.0

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._http = httpx.Client(base_url=self.url, timeout=30)
        self._threads = [threading.Thread(target=self._book_all, args=[slug]) for slug in SLUGS]

    def __enter__(self) -> Patients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def _book_all(self, slug: str) -> None:
        for number, body in enumerate(self._bodies(slug)):
            if self._over.is_set():
                return
            body["patient"]["email"] = f"{slug}-{number}@outage.example"
            began = time.monotonic()
            answer = self._http.post(f"/api/v1/public/{slug}/appointments", json=body)
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.answers[body["patient"]["email"]] = answer.status_code
            self._over.wait(ASKED_EVERY)
        raise AssertionError("too few free times")

    def _bodies(self, slug: str):
        base = f"/api/v1/public/{slug}"
        centre = self._http.get(base).json()
        service = centre["services"][0]
        today = datetime.now(UTC).date()
        for branch in service["branches"]:
            asked = {"service": service["id"], "branch": branch}
            span = {"from": f"{today + timedelta(days=2)}", "to": f"{today + timedelta(days=32)}"}
            days = self._http.get(f"{base}/availability", params={**asked, **span}).json()["days"]
            for free in apart(days, service["duration_minutes"]):
                yield {
                    **asked,
                    "practitioner": free["practitioners"][0],
                    "starts_at": free["starts_at"],
                    "patient": {
                        "given_name": "Luz",
                        "paternal_surname": "Prueba",
                        "maternal_surname": "Larga",
                        "phone": "+56 9 6123 4567",
                        "national_id": "",
                        "country": "CL",
                        "foreigner": True,
                    },
                    "comment": "",
                    "privacy_accepted": True,
                }


def apart(days, minutes):
    """Times of which none overlaps the one before, buffers included."""
    ended = datetime.min.replace(tzinfo=UTC)
    for day in days:
        for free in day["times"]:
            start = datetime.fromisoformat(free["starts_at"])
            if start >= ended:
                ended = start + timedelta(minutes=minutes + 60)
                yield free


def spent_away(installation, server, seconds: float, reception: httpx.Client) -> tuple[Counter, Counter]:
    """(what the receptionist was answered, what one who opened the operator's door was) while it is away."""
    at_work, entering = Counter(), Counter()
    server.kill()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        at_work[reception.get(f"/{SLUGS[0]}/agenda/").status_code] += 1
        entering[httpx.get(f"{installation.url}/operador/entrar", timeout=20).status_code] += 1
        time.sleep(0.5)
    server.start()
    return at_work, entering


def meet_everybody(url: str) -> None:
    """Each of the two processes has to do with every centre, for a centre nobody asked for is not known there."""
    for n in range(24):
        assert httpx.get(f"{url}/api/v1/public/{SLUGS[n % 3]}", timeout=20).status_code == 200


def live_through(served, seconds: float) -> None:
    installation, server = served
    meet_everybody(installation.url)
    reception = log_in(installation)
    with Patients(installation.url) as patients:
        time.sleep(3)  # load before it, too
        assert reception.get(f"/{SLUGS[0]}/agenda/").status_code == 200
        at_work, entering = spent_away(installation, server, seconds, reception)
        time.sleep(3)
    booked = Counter(patients.answers.values())
    print(
        f"{seconds} s away: bookings {dict(booked)}, slowest {patients.slowest:.2f} s, staff {dict(at_work)}"
    )
    assert set(entering) <= {200, 503}
    assert set(booked) == {201}
    assert set(at_work) == {200}
    end = time.monotonic() + MAILS_AFTER_SECONDS
    while (left := set(patients.answers) - set(confirmed(installation))) and time.monotonic() < end:
        time.sleep(1)
    assert not left
    assert Counter(confirmed(installation)) == Counter(patients.answers.keys())


def confirmed(installation) -> list[str]:
    return installation.python(CONFIRMED).split()


def test_a_short_outage_is_noticed_by_nobody(served):
    live_through(served, 10)


@pytest.mark.full
def test_an_outage_of_nearly_a_minute_is_noticed_by_nobody(served):
    """Those at work are believed for sixty seconds after the last proof."""
    live_through(served, 55)
