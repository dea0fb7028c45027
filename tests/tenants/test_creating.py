"""Making centres: whole or not at all."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import django.db
import pytest

from reservo import tenancy
from reservo.catalog.models import Branch, Centre
from reservo.core.clock import now
from reservo.staff.models import Role
from reservo.tenancy import connections, directory, namespaces
from reservo.tenancy.models import Placement, Store
from reservo.tenancy.slugs import BadSlug
from reservo.tenants import founding, operations, stores
from reservo.tenants.models import Tenant

GOOD = {"name": "Clínica Nueva", "country": "CL", "zone": "America/Santiago"}


@pytest.fixture
def make(control):
    made = []

    def create(slug, **changes):
        made.append(slug)
        return operations.create_tenant(slug, **{**GOOD, **changes}, at=now())

    yield create
    connections.close_all()
    for slug in made:
        for placement in Placement.objects.filter(slug=slug):
            namespaces.remove(placement.route())
            Tenant.objects.filter(pk=placement.pk).delete()
            placement.delete()
    directory.forget()


def test_a_new_centre_has_its_roles_its_branch_and_its_own_number_space(make):
    route = make("nueva-uno")
    assert (route.state, route.epoch, directory.find("nueva-uno")) == ("active", 1, route)
    with tenancy.activate(route):
        assert Centre.objects.values_list("name", "currency", "zone").get() == (
            "Clínica Nueva",
            "CLP",
            "America/Santiago",
        )
        assert [role.builtin for role in Role.objects.all()] == [
            "administrator",
            "receptionist",
            "practitioner",
            "accountant",
        ]
        assert Branch.objects.get().zone == "America/Santiago"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "  "},
        {"name": "x" * 81},
        {"country": "XX"},
        {"zone": "America/Atlantida"},
        {"zone": ""},
        {"currency": "ABC"},
        {"language": "fr"},
    ],
    ids=str,
)
def test_a_value_that_no_centre_has_is_refused_and_leaves_nothing(make, wrong):
    with pytest.raises(operations.BadTenant):
        make("nueva-mala", **wrong)
    assert not Placement.objects.filter(slug="nueva-mala").exists()


def test_a_word_that_is_a_route_is_refused(make):
    with pytest.raises(BadSlug):
        make("login")


def test_a_taken_name_is_refused_and_its_centre_untouched(make):
    route = make("nueva-dos")
    with pytest.raises(operations.TenantExists):
        make("nueva-dos", name="Otra")
    with tenancy.activate(route):
        assert Centre.objects.get().name == "Clínica Nueva"


def test_a_full_store_takes_no_more(make):
    make("nueva-tres")
    store = Placement.objects.get(slug="nueva-tres").store
    Store.objects.filter(pk=store.pk).update(capacity=store.placements.count())
    others = Store.objects.filter(is_draining=False).exclude(pk=store.pk)  # pools that other tests made
    left_out = list(others.values_list("pk", flat=True))
    others.update(is_draining=True)
    try:
        with pytest.raises(stores.NoRoom):
            make("nueva-cuatro")
    finally:
        Store.objects.filter(pk=store.pk).update(capacity=store.capacity)
        Store.objects.filter(pk__in=left_out).update(is_draining=False)


def test_a_creation_that_fails_leaves_nothing(make, monkeypatch):
    def fail(tenant, zone):
        raise ZeroDivisionError

    monkeypatch.setattr(founding, "_steps", [*founding._steps, fail])
    with pytest.raises(ZeroDivisionError):
        make("nueva-cinco")
    assert not Placement.objects.filter(slug="nueva-cinco").exists()
    monkeypatch.undo()
    make("nueva-cinco")


def test_nobody_is_let_in_while_a_centre_is_being_made(make, monkeypatch):
    seen = []

    def look(tenant, zone):
        directory.forget()
        seen.append(directory.find("nueva-seis").state)

    monkeypatch.setattr(founding, "_steps", [*founding._steps, look])
    assert make("nueva-seis").state == "active"
    assert seen == ["maintenance"]


def test_what_a_killed_creation_left_is_taken_back_when_asked(make, monkeypatch):
    monkeypatch.setattr(operations, "take_back", lambda placement: None)  # as if killed there
    monkeypatch.setattr(founding, "_steps", [lambda tenant, zone: 1 / 0])
    with pytest.raises(ZeroDivisionError):
        make("nueva-siete")
    monkeypatch.undo()
    left = Placement.objects.get(slug="nueva-siete")
    assert (left.state, list(operations.unfinished())) == ("maintenance", [left])
    assert operations.take_back_unfinished("nueva-siete")
    assert not namespaces.exists(left.route())
    assert make("nueva-siete").state == "active"
    assert not operations.take_back_unfinished("nueva-siete")


def test_a_plan_with_a_store_of_its_own_gets_the_first_dedicated_one_with_room(make, tmp_path):
    names = [f"own-{number}-{time.monotonic_ns()}" for number in range(3)]
    dedicated = Store.objects.filter(is_dedicated=True)
    left_out = list(dedicated.filter(is_draining=False).values_list("pk", flat=True))
    dedicated.update(is_draining=True)
    try:
        with pytest.raises(stores.NoRoom, match="dedicated"):
            make("propio-cero", store=stores.DEDICATED)
        for name in names:
            place = {"engine": "sqlite", "address": str(tmp_path / name), "is_dedicated": name != names[0]}
            stores.add(stores.Description(name=name, capacity=1, **place))
        taken = [make(slug, store=stores.DEDICATED).store for slug in ("propio-uno", "propio-dos")]
        assert taken == names[1:]
        with pytest.raises(stores.NoRoom, match="dedicated"):
            make("propio-tres", store=stores.DEDICATED)
    finally:
        Store.objects.filter(name__in=names).update(is_draining=True)
        Store.objects.filter(pk__in=left_out).update(is_draining=False)


def test_of_many_at_once_no_more_come_than_there_is_room_for(make, monkeypatch, tmp_path):
    name = f"narrow-{time.monotonic_ns()}"
    stores.add(
        stores.Description(name=name, engine="sqlite", address=str(tmp_path), capacity=2, is_dedicated=True)
    )

    named = namespaces.name_for

    def later(engine, slug):
        time.sleep(0.1)
        return named(engine, slug)

    monkeypatch.setattr(namespaces, "name_for", later)

    def one(number):
        try:
            make(f"angosto-{number}", store=name)
        except stores.NoRoom:
            return "no room"
        finally:
            connections.close_all()
            django.db.connections.close_all()
        return "made"

    with ThreadPoolExecutor(6) as pool:
        assert Counter(pool.map(one, range(6))) == {"made": 2, "no room": 4}
