"""What a guard refuses on a server is done as soon as the guard is taken away: so it is the guard that refuses it."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from django.db import DatabaseError, connections

from reservo import tenancy
from reservo.patients.models import Patient
from reservo.tenancy import connections as tenant_connections
from reservo.tenancy import context, models, router, servers
from reservo.tenancy.backends import aimed, compiler, guard
from reservo.tenancy.backends.mariadb.base import DatabaseWrapper as MariaWrapper
from reservo.tenancy.backends.postgresql.base import DatabaseWrapper as PostgresWrapper
from reservo.tenancy.models import Counter

pytestmark = pytest.mark.server
WRAPPERS = {"postgresql": PostgresWrapper, "mariadb": MariaWrapper}


@pytest.fixture
def first(pair):
    """Its patient is named, so that a leak can be told from the other's."""
    with pair[0].active(), tenancy.atomic():
        Patient.objects.update(given_name="Primera")
    tenant_connections.close_all()
    return pair[0]


@pytest.fixture
def second(pair):
    with pair[1].active(), tenancy.atomic():
        Patient.objects.update(given_name="Segunda")
    tenant_connections.close_all()
    return pair[1]


def names():
    return list(Patient.objects.values_list("given_name", flat=True))


def run(sql):
    with connections["tenant"].cursor() as cursor:
        cursor.execute(sql)
        return [row[0] for row in cursor.fetchall()]


def ask_after_leaving(first):
    with first.active():
        names()
    return names()


def test_a_query_without_a_centre(first, monkeypatch):
    with pytest.raises(tenancy.NoTenant):
        ask_after_leaving(first)
    with monkeypatch.context() as without:
        without.setattr(tenant_connections, "unbind", lambda: None)
        without.setattr(context, "current", lambda: None)
        assert ask_after_leaving(first) == ["Primera"]
    tenant_connections.close_all()


def test_a_query_of_another_centre(first, second, monkeypatch):
    with first.active():
        query = Patient.objects.values_list("given_name", flat=True)
    with second.active():
        with pytest.raises(tenancy.WrongTenant):
            list(query.all())
        monkeypatch.setattr(compiler, "_check", lambda query: None)
        assert list(query.all()) == ["Segunda"]


def test_a_row_of_another_centre(first, second, monkeypatch):
    with first.active():
        row = Patient.objects.get()
    with second.active():
        with pytest.raises(tenancy.WrongTenant):
            row.save()
        assert names() == ["Segunda"]
        for module in (models, router):
            monkeypatch.setattr(module, "check_stamp", lambda row: None)
        row.save()
        assert names() == ["Primera"]


def aim_only(wrapper, namespace):
    """As `_take_role` without the role."""
    word = "SET search_path TO" if isinstance(wrapper, PostgresWrapper) else "USE"
    quoted = wrapper.ops.quote_name(namespace)
    with wrapper.connection.cursor() as cursor:
        cursor.execute(f"{word} {quoted}")


def test_raw_sql_on_another_centre(first, second, monkeypatch):
    quote = '"{}"' if first.route.engine == "postgresql" else "`{}`"
    foreign = f"SELECT given_name FROM {quote.format(second.route.namespace)}.patients_patient"
    with first.active(), pytest.raises(DatabaseError):
        run(foreign)
    tenant_connections.close_all()
    monkeypatch.setattr(WRAPPERS[first.route.engine], "_take_role", aim_only)
    with first.active(), pytest.raises(DatabaseError):  # no role, no right: not even to its own rows
        names()
    tenant_connections.close_all()
    monkeypatch.setattr(
        servers, "application", lambda store, address: servers.provisioner(store)
    )  # one log-in with rights everywhere
    with first.active():
        assert run(foreign) == ["Segunda"]


def test_a_place_that_holds_another_centre(first, second, monkeypatch):
    astray = replace(second.route, namespace=first.route.namespace)
    with tenancy.activate(astray), pytest.raises(tenancy.WrongTenant):
        names()
    monkeypatch.setattr(aimed.AimedWrapper, "_take", lambda wrapper, wanted: wrapper._take_role(wanted[0]))
    with tenancy.activate(astray):
        assert names() == ["Primera"]


def test_a_write_under_an_old_epoch(first, monkeypatch):
    stale = replace(first.route, epoch=first.route.epoch - 1)
    with tenancy.activate(stale):
        with pytest.raises(guard.StaleEpoch):
            Patient.objects.update(given_name="Vieja")
        assert names() == ["Primera"]
        monkeypatch.setattr(guard.GuardedWrapper, "_hold_epoch", lambda wrapper: None)
        Patient.objects.update(given_name="Vieja")
        assert names() == ["Vieja"]


def test_a_raw_write_outside_a_transaction(first, monkeypatch):
    stale = replace(first.route, epoch=first.route.epoch - 1)
    write = "UPDATE patients_patient SET given_name = 'Cruda'"
    with tenancy.activate(stale), connections["tenant"].cursor() as cursor:
        with pytest.raises(guard.BareWrite):
            cursor.execute(write)
        assert names() == ["Primera"]
        monkeypatch.setattr(guard, "only_reads", lambda sql: True)
        cursor.execute(write)
        assert names() == ["Cruda"]


def changed_by_another_between_look_and_write(cast):
    """Whether somebody else's change is lost: two look at a number, one after the other writes what it saw plus one."""
    done = threading.Event()

    def add():
        with cast.active(), tenancy.atomic():
            row = Counter.objects.get(name="n")
            Counter.objects.filter(name="n").update(value=row.value + 1)
        done.set()
        tenant_connections.close_all()

    with cast.active(), tenancy.atomic():
        Counter.objects.update_or_create(name="n", defaults={"value": 0})
    other = threading.Thread(target=add)
    with cast.active(), tenancy.atomic():
        seen = Counter.objects.get(name="n").value
        other.start()
        done.wait(1.5)
        Counter.objects.filter(name="n").update(value=seen + 1)
    other.join(20)
    with cast.active():
        return Counter.objects.get(name="n").value == 1


def test_two_transactions_of_a_centre_at_once(first, monkeypatch):
    assert not changed_by_another_between_look_and_write(first)
    monkeypatch.setattr(WRAPPERS[first.route.engine], "_read_epoch", guard.GuardedWrapper._read_epoch)
    assert changed_by_another_between_look_and_write(first)
