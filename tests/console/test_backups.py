"""Backups from the console: verdicts, failures loud, one taken now, centres given back from one."""

import re

import pytest

from reservo import tenancy
from reservo.audit.models import Action
from reservo.core.clock import now
from reservo.fleet import orders
from reservo.fleet.backups import running
from reservo.fleet.models import Backup, Order, Restore
from reservo.patients.models import Patient
from reservo.tenancy import connections, directory
from reservo.tenancy.models import Placement
from tests.console.cast import HOME
from tests.fleet.backing_up import back_up

pytestmark = pytest.mark.embedded


@pytest.fixture(autouse=True)
def nothing_waits(control):
    yield
    Order.objects.all().delete()
    connections.close_all()


@pytest.fixture
def backup(centre):
    back_up(centre.route)
    return Backup.objects.filter(tenant_id=centre.route.tenant_id).latest("pk")


def given_names(slug):
    directory.forget()
    with tenancy.activate(directory.find(slug)):
        return set(Patient.objects.values_list("given_name", flat=True))


def test_a_backup_shows_its_verdict_and_places(console, backup):
    shown = console.get(f"{HOME}respaldos/{backup.pk}/").content.decode()
    words = "Restaurado y comparado: igual"
    assert words in shown
    assert backup.key in shown
    assert words in console.get(f"{HOME}respaldos/?centro={backup.slug}").content.decode()


def test_a_failure_is_loud_on_every_page_until_a_success(console, centre):
    at = now()
    Backup.objects.create(
        tenant_id=centre.route.tenant_id, slug=centre.slug, state="failed", next_at=at, error="NoPlace: gone"
    )
    assert re.search(r"\d respaldos? con problema\.", console.get(f"{HOME}registro/").content.decode())
    assert "NoPlace: gone" in console.get(f"{HOME}respaldos/?estado=problem").content.decode()
    back_up(centre.route)
    listed = console.get(f"{HOME}respaldos/?estado=problem").content.decode()
    assert f"{centre.slug}<" not in listed


def test_one_is_asked_for_and_the_keeper_takes_it(console, centre):
    Backup.objects.filter(state="due").delete()
    console.post(f"{HOME}centros/{centre.slug}/respaldar")
    taken = running.take_next("keeper", at=now())
    assert (taken.slug, running.run(taken)) == (centre.slug, True)
    with tenancy.control():
        assert Action.objects.filter(action="backup.asked").latest("pk").details["name"] == centre.slug
    assert console.post(f"{HOME}centros/operador/respaldar").status_code == 302
    assert console.post(f"{HOME}centros/no-hay/respaldar").status_code == 404


def test_a_centre_goes_back_to_a_backup_with_its_address_typed_and_a_reason(console, centre, backup):
    with centre.active(), tenancy.atomic():
        Patient.objects.update(given_name="Después")
    for wrong in ({"typed": "otra", "reason": "x"}, {"typed": centre.slug, "reason": ""}, {}):
        assert console.post(f"{HOME}respaldos/{backup.pk}/restaurar", wrong).status_code == 422
    given = {"typed": centre.slug, "reason": "borraron una ficha"}
    assert console.post(f"{HOME}respaldos/{backup.pk}/restaurar", given).status_code == 302
    assert "En espera" in console.get(f"{HOME}restauraciones/avance").content.decode()
    orders.Porter().step(at=now())
    assert given_names(centre.slug) == {"José"}
    assert "hx-get" not in console.get(f"{HOME}restauraciones/avance").content.decode()
    restored = Restore.objects.get(slug=centre.slug)
    assert console.post(f"{HOME}restauraciones/{restored.pk}/deshacer").status_code == 302
    assert not Order.objects.exclude(open_for=None).exists()
    console.post(f"{HOME}restauraciones/{restored.pk}/deshacer", {"reason": "no era ese"})
    orders.Porter().step(at=now())
    assert given_names(centre.slug) == {"Después"}


def test_a_new_centre_is_made_of_it(console, centre, backup):
    new = f"{centre.slug}-n"
    assert (
        console.post(f"{HOME}respaldos/{backup.pk}/centro-nuevo", {"slug": new, "store": ""}).status_code
        == 302
    )
    orders.Porter().step(at=now())
    assert Placement.objects.get(slug=new).state == "maintenance"
    assert given_names(new) == {"José"}


@pytest.mark.parametrize("slug", ["operador", "No Vale", "", "x" * 70])
def test_an_address_that_cannot_be_is_refused(console, backup, slug):
    answer = console.post(f"{HOME}respaldos/{backup.pk}/centro-nuevo", {"slug": slug, "store": ""})
    assert answer.status_code == 422
    assert not Order.objects.exclude(open_for=None).exists()


def test_a_taken_address_or_a_useless_backup_is_refused(console, centre, backup):
    taken = console.post(f"{HOME}respaldos/{backup.pk}/centro-nuevo", {"slug": centre.slug, "store": ""})
    assert (taken.status_code, "ya está tomada" in taken.content.decode()) == (422, True)
    Backup.objects.filter(pk=backup.pk).update(state="failed")
    useless = console.post(f"{HOME}respaldos/{backup.pk}/restaurar", {"typed": centre.slug, "reason": "x"})
    assert useless.status_code == 422


def test_a_restore_waits_for_nothing_else_to_be_under_way(console, centre, backup):
    orders.ask("x", centre.slug, about=orders.about_centre(centre.slug), by=_nobody(), at=now())
    given = {"typed": centre.slug, "reason": "x"}
    answer = console.post(f"{HOME}respaldos/{backup.pk}/restaurar", given)
    assert (answer.status_code, "Ya hay algo en curso" in answer.content.decode()) == (422, True)


def _nobody():
    from reservo.core.actor import system

    return system()


def test_a_page_of_backups_takes_the_same_queries_for_one_and_for_many(console, centre):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count():
        with CaptureQueriesContext(connection) as seen:
            console.get(f"{HOME}respaldos/?centro={centre.slug}")
        return len(seen)

    facts = {"tenant_id": centre.route.tenant_id, "slug": centre.slug, "state": "done", "next_at": now()}
    Backup.objects.create(**facts)
    count()
    one = count()
    Backup.objects.bulk_create(Backup(**facts) for _ in range(30))
    assert count() == one
    Backup.objects.filter(tenant_id=centre.route.tenant_id).delete()
