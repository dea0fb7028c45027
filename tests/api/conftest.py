"""A program that talks to the public interface of a centre."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings


class Program:
    """Speaks to one centre; what a caller sends is a `body` with changes."""

    def __init__(self, cast, **headers):
        self.cast = cast
        self.client = Client(headers={"accept-language": "es", **headers})
        self.base = f"/api/v1/public/{cast.slug}"

    def get(self, path="", **asked):
        return self.client.get(self.base + path, asked)

    def times(self, day, last=None, **asked):
        question = {"service": self.cast.consultation, "branch": self.cast.branch, **asked}
        return self.get("/availability", **{**question, "from": day, "to": last or day})

    def body(self, at, **changes):
        patient = {
            "given_name": "Rosa",
            "paternal_surname": "Pinto",
            "maternal_surname": "Vega",
            "email": "rosa@paciente.example",
            "phone": "+56 9 8765 4321",
            "national_id": "9.876.543-3",
            "country": "CL",
            "foreigner": False,
        }
        return {
            "service": self.cast.consultation,
            "branch": self.cast.branch,
            "practitioner": self.cast.ana,
            "starts_at": at if isinstance(at, str) or at is None else at.isoformat(),
            "patient": {**patient, **changes.pop("patient", {})},
            "comment": "Primera vez",
            "privacy_accepted": True,
            **changes,
        }

    def post(self, body, **headers):
        return self.client.post(
            self.base + "/appointments", body, content_type="application/json", headers=headers
        )

    def book(self, at, **changes):
        return self.post(self.body(at, **changes))


@pytest.fixture(autouse=True)
def unlimited():
    """Limits have tests of their own; all others come from one address."""
    with override_settings(RESERVO_RATE_LIMITS=False):
        yield


@pytest.fixture
def program(centre) -> Program:
    return Program(centre)
