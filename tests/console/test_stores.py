"""Stores from the console: load and room, sick ones loud, checked, drained, given another capacity."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

from reservo import tenancy
from reservo.audit.models import Action
from reservo.console import findings
from reservo.console.models import Observation
from reservo.console.queries import stores as queries
from reservo.core.clock import now
from reservo.tenancy.models import Placement, Store
from reservo.tenancy.servers import Finding
from reservo.tenants import standbys
from reservo.tenants import stores as placing
from tests.console.cast import HOME


@pytest.fixture
def store(control, tmp_path):
    made = Store.objects.create(
        name=f"pool-{now().timestamp():.0f}", engine="sqlite", address=str(tmp_path), capacity=4
    )
    yield made
    Placement.objects.filter(store=made).delete()
    made.delete()


@pytest.fixture
def lodger(store):
    """A centre's place in the store; nothing of it can be opened."""
    row = Placement.objects.create(slug=f"huesped-{store.pk}", store=store, namespace="h.db", zone="UTC")
    yield row
    Observation.objects.filter(pk=row.pk).delete()


def test_load_and_room_are_shown(console, store, lodger):
    Observation.objects.create(tenant_id=lodger.pk, at=now(), size_bytes=5_400_000)
    row = queries.row_of(store.name)
    assert (row.centres, row.room, row.percent, row.bytes, row.verdict) == (1, 3, 25, 5_400_000, "good")
    assert row.free_bytes > 0
    shown = console.get(f"{HOME}almacenes/{store.name}/").content.decode()
    assert "1 / 4" in shown
    assert "5,4 MB" in shown


def test_one_store_and_many_take_the_same_queries(store, lodger):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        queries.listed()
    Store.objects.bulk_create(
        Store(name=f"more-{store.pk}-{n}", engine="sqlite", address="/x", capacity=1) for n in range(20)
    )
    with CaptureQueriesContext(connection) as many:
        queries.listed()
    Store.objects.filter(name__startswith=f"more-{store.pk}-").delete()
    assert len(few) == len(many)


def test_a_store_whose_centres_do_not_answer_is_loud_on_every_page(console, store, lodger):
    Observation.objects.create(tenant_id=lodger.pk, at=now(), error="StoreUnavailable")
    words = f"1 centro de «{store.name}» no responde."
    for page in ("", "almacenes/", "registro/"):
        assert words in console.get(HOME + page).content.decode()
    assert queries.row_of(store.name).verdict == "bad"


def test_a_check_asks_the_store_itself(console, store):
    assert "Se puede escribir en" in console.post(f"{HOME}almacenes/{store.name}/revisar").content.decode()
    Store.objects.filter(pk=store.pk).update(engine="postgresql", address="127.0.0.1:1/none")
    away = console.post(f"{HOME}almacenes/{store.name}/revisar")
    assert away.status_code == 200
    assert "alert-triangle" in away.content.decode()


def keys_of(call):
    """What the call may give as the finding's key."""
    given = call.args[3] if len(call.args) > 3 else next(w.value for w in call.keywords if w.arg == "key")
    return {node.value for node in ast.walk(given) if isinstance(node, ast.Constant) and node.value}


def test_whatever_a_check_finds_is_said_in_the_operators_language():
    source = Path(tenancy.__file__).parent
    files = [source / "servers.py", *source.glob("backends/*/places.py"), placing.__file__, standbys.__file__]
    calls = [
        node
        for file in files
        for node in ast.walk(ast.parse(Path(file).read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding"
    ]
    assert set().union(*map(keys_of, calls)) == findings.KEYS
    for key in findings.KEYS:
        said = findings.said(Finding("in English", False, "GRANT", key, defaultdict(str)))
        assert "in English" not in (said.what, said.mend)


def test_capacity_changes_with_a_reason_and_stands_in_the_trail(console, store):
    answer = console.post(f"{HOME}almacenes/{store.name}/capacidad", {"capacity": "9", "reason": "más disco"})
    assert answer.status_code == 302
    assert Store.objects.get(pk=store.pk).capacity == 9
    with tenancy.control():
        line = Action.objects.filter(action="store.capacity").latest("pk")
    assert line.details == {"name": store.name, "from": "4", "to": "9", "reason": "más disco"}


@pytest.mark.parametrize(
    "wrong",
    [{"capacity": "0"}, {"capacity": "-1"}, {"capacity": "9" * 30}, {"capacity": "x"}, {"reason": " "}],
)
def test_a_capacity_that_makes_no_sense_or_has_no_reason_is_refused(console, store, wrong):
    given = {"capacity": "9", "reason": "más disco", **wrong}
    assert console.post(f"{HOME}almacenes/{store.name}/capacidad", given).status_code == 422
    assert Store.objects.get(pk=store.pk).capacity == 4


def test_a_store_is_drained_and_opened_again(console, store):
    for draining in (True, False):
        console.post(f"{HOME}almacenes/{store.name}/nuevos", {"reason": "cambio de disco"})
        assert Store.objects.get(pk=store.pk).is_draining is draining
    with tenancy.control():
        newest = Action.objects.order_by("-pk").values_list("action", flat=True)[:2]
        assert list(newest) == ["store.opened", "store.drained"]


def test_no_password_of_a_store_is_shown(console, store):
    Store.objects.filter(pk=store.pk).update(sealed_password="s1:secreto", login="app", provisioner="prov")
    assert "secreto" not in console.get(f"{HOME}almacenes/{store.name}/").content.decode()


def test_a_store_that_is_not_there_is_404(console):
    assert console.get(f"{HOME}almacenes/no-hay/").status_code == 404
