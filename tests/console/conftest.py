import pytest

from reservo.accounts.models import LogInAttempts
from tests.console.cast import browser, make_operator


@pytest.fixture(autouse=True)
def fresh_attempts(control):
    LogInAttempts.objects.all().delete()


@pytest.fixture
def olga(control):
    return make_operator("Olga Vidal")


@pytest.fixture
def raul(control):
    return make_operator("Raúl Pinto")


@pytest.fixture
def console(olga):
    """Olga's browser."""
    return browser(olga)
