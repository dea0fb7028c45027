"""A data directory of its own for every run, and the small cast that plays in all tests."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

os.environ["RESERVO_DATA_DIR"] = tempfile.mkdtemp(prefix="reservo-test-")
os.environ["RESERVO_ALLOWED_HOSTS"] = "testserver"
os.environ["RESERVO_STATIC_ROOT"] = os.path.join(os.environ["RESERVO_DATA_DIR"], "static")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reservo.config.settings")

from tests import control_of_the_run

control_of_the_run.start()

import django  # noqa: E402

django.setup()
os.mkdir(os.environ["RESERVO_STATIC_ROOT"])

from django.conf import settings  # noqa: E402

# The shipped cost is proved by tests/accounts/test_passwords.py; elsewhere only the door's behaviour matters.
settings.PASSWORD_HASHERS = ["tests.quick_passwords.QuickArgon2"]

from tests.cast import Cast, make_cast  # noqa: E402


def pytest_collection_modifyitems(config, items):
    """What this run is not about is left out, not skipped: full-size campaigns unless RESERVO_FULL=1, and so on."""
    out = []
    if os.environ.get("RESERVO_FULL") != "1":
        out.append("full")
    if os.environ.get("RESERVO_TEST_ENGINE", "sqlite") != "sqlite":
        out.append("embedded")
    left_out = {item for item in items if any(item.get_closest_marker(name) for name in out)}
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def pytest_sessionfinish(session, exitstatus):
    control_of_the_run.end()
    shutil.rmtree(os.environ["RESERVO_DATA_DIR"], ignore_errors=True)


def pytest_runtest_makereport(item, call):
    """Where skips are forbidden, a skip is a failure."""
    if os.environ.get("RESERVO_FORBID_SKIPS") and call.excinfo and call.excinfo.typename == "Skipped":
        call.excinfo = pytest.ExceptionInfo.from_exception(RuntimeError(f"skipped: {call.excinfo.value}"))


@pytest.fixture
def late_november(monkeypatch):
    """The product's clock goes from noon of 25 November 2026, whenever the test runs: the days it names are to come."""
    from reservo.core import clock

    monkeypatch.setattr(clock, "_offset", datetime(2026, 11, 25, 15, tzinfo=UTC) - datetime.now(UTC))


@pytest.fixture(scope="session")
def control():
    from reservo.fleet import controlplane

    controlplane.bring_up()
    with engine_of_the_run() as server:
        yield server


@contextmanager
def engine_of_the_run():
    """RESERVO_TEST_ENGINE=postgresql|mariadb puts every centre of the run on a server of its own."""
    engine = os.environ.get("RESERVO_TEST_ENGINE", "sqlite")
    if engine == "sqlite":
        yield None
        return
    from reservo.tenants import stores
    from tests.servers import SERVERS

    server = SERVERS[engine]()
    try:
        server.start()
        stores.add(stores.Description(name="test-pool", capacity=10_000, **server.pool("pool")))
        os.environ["RESERVO_DEFAULT_STORE"] = "test-pool"
        yield server
    finally:
        server.end()


@pytest.fixture
def place(control, tmp_path):
    """Makes bare namespaces on the engine of the run: place("clinica-austral") is the route of a new one."""
    from reservo.tenancy import connections, directory, namespaces
    from reservo.tenancy.models import Placement, Store

    directory.forget()
    store = Store.objects.filter(name="test-pool").first() or Store.objects.create(
        name=f"test-{tmp_path.name}"[:40], engine="sqlite", address=str(tmp_path), capacity=10
    )
    made = []

    def make(slug):
        row = Placement.objects.create(
            slug=slug,
            store=store,
            namespace=namespaces.name_for(store.engine, slug),
            zone="America/Santiago",
        )
        made.append(row)
        namespaces.create(row.route())
        return row.route()

    yield make
    connections.close_all()
    for row in made:
        namespaces.remove(row.route())
        row.delete()
    if store.engine == "sqlite":
        store.delete()


@pytest.fixture
def centre(control) -> Cast:
    """A centre in Santiago with two practitioners, three services, and one member of staff of each role."""
    cast = make_cast()
    yield cast
    cast.end()


@pytest.fixture
def other(control) -> Cast:
    """Another centre, whose staff are the strangers."""
    cast = make_cast()
    yield cast
    cast.end()


@pytest.fixture(scope="session")
def monday() -> datetime:
    """A Monday some weeks ahead, 10:00 in Santiago (UTC−3): a regular working day without holidays."""
    day = datetime.now(UTC).date() + timedelta(days=14)
    day += timedelta(days=(7 - day.weekday()) % 7)
    while (day.month, day.day) in ((12, 8), (12, 25), (1, 1), (5, 1)):
        day += timedelta(days=7)
    return datetime(day.year, day.month, day.day, 13, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def every_server():
    """One of each kind."""
    from tests.servers import SERVERS, missing

    for engine in SERVERS:
        if program := missing(engine):
            pytest.skip(program)
    started = [make() for make in SERVERS.values()]
    for one in started:
        one.start()
    yield started
    for one in started:
        one.end()


@pytest.fixture(scope="session", params=["postgresql", "mariadb"])
def server(request):
    """A real database server of the run's own; skipped where this machine has none."""
    from tests.servers import SERVERS, missing

    if program := missing(request.param):
        pytest.skip(program)
    started = SERVERS[request.param]()
    started.start()
    yield started
    started.end()


@pytest.fixture(scope="session")
def pages(control):
    """Real web processes over the data of this test run, without limits."""
    from tests.installation import Installation

    served = Installation(RESERVO_DATA_DIR=os.environ["RESERVO_DATA_DIR"], RESERVO_RATE_LIMITS="off")
    try:
        served.start("web")
        yield served
    finally:
        served.end()


@pytest.fixture(scope="session")
def store_of_objects():
    from tests.objectstore import ObjectStore

    store = ObjectStore()
    try:
        store.start()
        yield store
    finally:
        store.end()


@pytest.fixture
def objects(store_of_objects, monkeypatch):
    """A store that speaks the S3 API, and credentials for it in the environment."""
    from reservo.adapters.archives.aws import calls
    from tests.objectstore import CREDENTIALS

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    calls._client.cache_clear()
    calls._resting.clear()
    yield store_of_objects
    calls._client.cache_clear()
    calls._resting.clear()
