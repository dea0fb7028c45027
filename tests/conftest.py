import os
import tempfile

os.environ["RESERVO_DATA_DIR"] = tempfile.mkdtemp(prefix="reservo-test-")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reservo.config.settings")

import django
import pytest

django.setup()


def pytest_sessionfinish(session, exitstatus):
    import shutil

    shutil.rmtree(os.environ["RESERVO_DATA_DIR"], ignore_errors=True)


@pytest.fixture(scope="session")
def control():
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


@pytest.fixture
def place(control, tmp_path):
    """Makes centres: place("clinica-austral") is the route of a new one."""
    from reservo.tenancy import connections, directory, namespaces
    from reservo.tenancy.models import Placement, Store

    directory.forget()
    store = Store.objects.create(name="test", engine="sqlite", address=str(tmp_path), capacity=10)

    def make(slug):
        row = Placement.objects.create(slug=slug, store=store, namespace=f"{slug}.db", zone="America/Santiago")
        namespaces.create(row.route())
        return row.route()

    yield make
    connections.close_all()
    Placement.objects.all().delete()
    store.delete()
