"""One centre for a whole file, every example of it in a transaction that is taken back."""

from contextlib import contextmanager

import pytest
from django.db import connections, transaction

from reservo import tenancy
from reservo.tenancy.context import TENANT_ALIAS
from tests.agenda.agenda_invariants import broken
from tests.cast import Cast, make_cast


@pytest.fixture(scope="module")
def shared(control) -> Cast:
    cast = make_cast()
    yield cast
    cast.end()


@contextmanager
def taken_back(cast: Cast):
    """The centre, as it was again afterwards."""
    with cast.active(), tenancy.atomic():
        yield
        transaction.set_rollback(True, using=TENANT_ALIAS)


def assert_sound() -> None:
    """The agenda of the active centre holds its invariants, by plain SQL."""
    with connections[TENANT_ALIAS].cursor() as cursor:
        assert broken(cursor) == []
