"""The OpenAPI document: where it is, and that it says what is so."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client
from jsonschema_rs import Draft202012Validator as Validator
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema

from reservo.api.document import document

ADDRESS = "/api/v1/openapi.json"
EXAMPLES = 8


def asked_everything(**config):
    """What schemathesis' own run finds wrong with the document, and the statuses it was answered with."""
    settings = SchemathesisConfig.from_dict(
        {
            "seed": 7,
            "continue-on-failure": True,
            "generation": {"max-examples": EXAMPLES, "database": "none"},
            "phases": {"stateful": {"enabled": False}},
            **config,
        }
    )
    schema = schemathesis.openapi.from_wsgi(ADDRESS, get_wsgi_application(), config=settings)
    wrong, statuses = [], Counter()
    for event in from_schema(schema).execute():
        assert type(event).__name__ not in ("FatalError", "NonFatalError"), vars(event)
        recorder = getattr(event, "recorder", None)
        if recorder is not None:
            wrong += [
                (check.name, str(check.failure_info.failure))
                for checks in recorder.checks.values()
                for check in checks
                if check.failure_info
            ]
            statuses.update(
                one.response.status_code for one in recorder.interactions.values() if one.response
            )
    return wrong, statuses


def test_the_document_stands_at_a_stable_address(control):
    answer = Client().get(ADDRESS)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    found = answer.json()
    assert found["openapi"] == "3.1.0"
    assert {(path, method) for path, one in found["paths"].items() for method in one} == {
        ("/api/v1/public/{tenant}", "get"),
        ("/api/v1/public/{tenant}/availability", "get"),
        ("/api/v1/public/{tenant}/appointments", "post"),
    }


def test_schemathesis_finds_nothing_wrong_whatever_it_asks(control):
    wrong, statuses = asked_everything()
    assert wrong == []
    assert statuses[404] > 30


def test_schemathesis_finds_nothing_wrong_with_a_centre_that_is_there(centre):
    """Well-formed requests may be refused: a time in the past, an id that names nothing."""
    wrong, statuses = asked_everything(
        parameters={"tenant": centre.slug}, checks={"positive_data_acceptance": {"enabled": False}}
    )
    assert wrong == []
    assert statuses[200] > 10
    assert statuses[422] > 50


def test_schemathesis_would_see_a_document_that_lies(centre, monkeypatch):
    found = document()
    lying = found["components"]["schemas"]["Centre"]
    monkeypatch.setitem(lying["properties"], "step_minutes", {"type": "string"})
    wrong, _ = asked_everything(parameters={"tenant": centre.slug})
    assert "response_schema_conformance" in {name for name, _ in wrong}


def test_answers_are_of_the_shape_that_the_document_gives(centre, program, monday):
    day = monday.date()
    shown = {
        "Centre": program.get(),
        "Availability": program.times(day, day + timedelta(days=3)),
        "Appointment": program.book(monday),
        "Problem": program.book(monday, patient={"email": "x"}),
    }
    found = document()["components"]
    for name, answer in shown.items():
        schema = found["schemas"][name]
        assert set(answer.json()) <= set(schema["properties"])
        Validator({**schema, "components": found}).validate(answer.json())


def test_every_reference_of_the_document_leads_somewhere():
    def references(part):
        if isinstance(part, dict):
            for name, value in part.items():
                yield from [value] if name == "$ref" else references(value)
        elif isinstance(part, list):
            for one in part:
                yield from references(one)

    names = {ref.rpartition("/")[2] for ref in references(document())}
    assert names == set(document()["components"]["schemas"])


@pytest.mark.parametrize("changes", [{}, {"comment": None, "practitioner": None}])
def test_the_example_of_the_issue_is_a_booking_of_the_document(centre, program, monday, changes):
    found = document()["components"]
    body = program.body(monday, **changes)
    Validator({**found["schemas"]["Booking"], "components": found}).validate(body)
    assert program.post(body).status_code == 201
