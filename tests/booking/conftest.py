"""The patient's browser at the booking page of the centre."""

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from tests.booking.visitor import Visitor
from tests.post import at_time, post  # noqa: F401


@pytest.fixture
def visitor(centre) -> Visitor:
    return Visitor(centre)


@pytest.fixture
def queries_of(centre):
    """How many queries a call makes in the centre."""

    def count(call) -> int:
        with centre.active():
            connection = connections["tenant"]
        with CaptureQueriesContext(connection) as captured:
            call()
        return len(captured)

    return count
