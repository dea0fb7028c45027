"""Log lines: who did what where, and nothing that people typed."""

from __future__ import annotations

import io
import json
import logging
import os

import httpx
import pytest
from django.test import Client, RequestFactory

from reservo.config.logs import formatter
from reservo.core import trace
from reservo.tenancy.backends.control.answering import ControlAway
from reservo.tenancy.servers import StoreBusy
from tests.api.conftest import Program
from tests.cast import PASSWORD
from tests.installation import Installation

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SECRET = "Rosa Pinto, 9.876.543-3"


def line_of(level, text, *args, name="reservo.test", **more):
    record = logging.LogRecord(name, level, __file__, 1, text, args, more.pop("exc_info", None))
    for key, value in more.items():
        setattr(record, key, value)
    return json.loads(formatter().format(record))


def error_of(function):
    try:
        function()
    except Exception as error:
        return (type(error), error, error.__traceback__)


def fails_with_what_was_typed():
    try:
        int(SECRET)
    except ValueError as wrong:
        raise RuntimeError(f"not a number: {SECRET}") from wrong


def test_a_line_says_trace_centre_user_and_action(centre):
    with centre.active(), trace.tracing(TRACE, action="agenda:day"):
        trace.note(user=7)
        line = line_of(logging.WARNING, "slow %s", 5)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "slow 5",
        "level": "warning",
        "logger": "reservo.test",
        "trace": TRACE,
        "tenant": centre.slug,
        "user": 7,
        "action": "agenda:day",
    }


def test_of_an_exception_only_its_classes_and_places_are_told():
    line = line_of(logging.ERROR, "broken", exc_info=error_of(fails_with_what_was_typed))
    assert [one["class"] for one in line["exception"]] == ["builtins.RuntimeError", "builtins.ValueError"]
    assert line["exception"][0]["at"][-1].endswith(" fails_with_what_was_typed")
    assert "Rosa" not in json.dumps(line)


def test_an_outage_is_told_in_a_line_without_places():
    """Every process says it every second until it is over."""
    for error in (ControlAway("away"), StoreBusy("full")):
        line = line_of(logging.ERROR, "no work could be read", exc_info=error_of(raises(error)))
        assert line["exception"] == [
            {"class": f"{type(error).__module__}.{type(error).__qualname__}"},
        ]


def raises(error):
    def fail():
        raise error

    return fail


def test_of_djangos_lines_only_what_happened_to_which_view():
    request = RequestFactory().get(f"/clinica/v/token-of-a-visit/?q={SECRET}")
    line = line_of(
        logging.ERROR,
        "Internal Server Error: %s",
        request.path,
        name="django.request",
        status_code=500,
        request=request,
    )
    assert (line["event"], line["status"]) == ("django.request", 500)
    assert "token-of-a-visit" not in json.dumps(line)


def test_statements_are_never_logged():
    assert not logging.getLogger("django.db.backends").isEnabledFor(logging.WARNING)


def test_a_broken_view_is_logged_without_what_was_asked(centre, monkeypatch):
    from reservo.patients import queries

    def broken(typed):
        raise ValueError(typed)

    monkeypatch.setattr(queries, "search", broken)
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(formatter())
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    client = Client(raise_request_exception=False)
    client.cookies = centre.client("receptionist").cookies
    answer = client.get(
        centre.url("pacientes/"), {"q": SECRET}, headers={"traceparent": f"00-{TRACE}-{'1' * 16}-01"}
    )
    assert answer.status_code == 500
    assert answer.headers["X-Trace-Id"] == TRACE
    line = json.loads(said.getvalue())
    assert (line["event"], line["trace"], line["tenant"]) == ("django.request", TRACE, centre.slug)
    assert (line["action"], line["status"]) == ("patients:index", 500)
    assert isinstance(line["user"], int)
    assert line["exception"][0]["class"] == "builtins.ValueError"
    assert "Rosa" not in said.getvalue()


@pytest.mark.server
def test_real_log_output_names_actions_and_nothing_that_people_typed(centre, monday):
    """Booking by the interface, the patient's link, a log-in and a search, on real processes at the chattiest level."""
    served = Installation(
        RESERVO_DATA_DIR=os.environ["RESERVO_DATA_DIR"], RESERVO_RATE_LIMITS="off", RESERVO_LOG_LEVEL="DEBUG"
    )
    program = Program(centre)
    traced = {"traceparent": f"00-{TRACE}-{'1' * 16}-01"}
    try:
        served.start("web")
        with httpx.Client(base_url=served.url, timeout=30, headers=traced) as http:
            made = http.post(program.base + "/appointments", json=program.body(monday)).json()
            token = httpx.URL(made["links"]["manage"]).path.rstrip("/").rpartition("/")[2]
            http.get(f"/{centre.slug}/v/{token}/")
            http.get(f"/{centre.slug}/v/{token}x/")
            http.get(f"/{centre.slug}/login", params={"next": "/secreto"})
            staff = centre.client("receptionist").cookies["reservo_session"].value
            cookie = {"Cookie": f"reservo_session={staff}"}
            http.get(f"/{centre.slug}/pacientes/", params={"q": "Pinto"}, headers=cookie)
            http.get("/no-hay/Pinto")
    finally:
        served.stop()
    said = served.log.read_text()
    served.end()
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    requests = [line for line in lines if line["logger"] == "reservo.requests" and line["trace"] == TRACE]
    assert [(line["action"], line["status"], line.get("tenant")) for line in requests] == [
        ("api_appointments", 201, centre.slug),
        ("visit", 200, centre.slug),
        ("visit", 404, centre.slug),
        ("accounts:login", 200, centre.slug),
        ("patients:index", 200, centre.slug),
        ("", 404, None),
    ]
    assert [line.get("user") is not None for line in requests] == [False] * 4 + [True, False]
    for secret in (
        "Rosa",
        "Pinto",
        "rosa@",
        "9.876",
        "98765",
        "secreto",
        token,
        token[:20],
        staff,
        PASSWORD,
        "next=",
    ):
        assert secret not in said, secret
