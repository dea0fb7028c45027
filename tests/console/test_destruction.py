"""What cannot be had back: by a second operator, or after a day; from console and shell alike."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from reservo import tenancy
from reservo.accounts.models import Membership, Session
from reservo.adapters import files
from reservo.audit.models import Action
from reservo.console.models import Operator
from reservo.core.clock import now
from reservo.fleet import orders
from reservo.fleet.backups import places
from reservo.fleet.models import Backup, Order
from reservo.tenancy import connections, namespaces
from reservo.tenancy.models import Placement, Store
from reservo.tenants import stores
from reservo.tenants.models import Tenant
from reservo.tenants.operations import set_state
from tests.console.cast import HOME, browser
from tests.console.test_door import accept, link_of
from tests.fleet.backing_up import back_up

pytestmark = pytest.mark.embedded


@pytest.fixture(autouse=True)
def nothing_waits(control):
    yield
    Order.objects.all().delete()
    connections.close_all()


@pytest.fixture
def second(raul):
    return browser(raul)


@pytest.fixture
def closed(centre):
    """A centre that nobody works in any more."""
    centre.route = set_state(centre.slug, "disabled", reason="se fue", at=now())
    return centre


@pytest.fixture
def empty(control, tmp_path):
    name = f"empty-{now().timestamp():.3f}".replace(".", "-")
    stores.add(
        stores.Description(name=name, engine="sqlite", address=str(tmp_path), capacity=9, is_dedicated=True)
    )
    yield name
    Store.objects.filter(name=name).delete()


def ask(console, path, name, **more):
    return console.post(f"{HOME}{path}/destruir", {"typed": name, "reason": "contrato terminado", **more})


def newest():
    return Order.objects.latest("pk")


def work():
    porter = orders.Porter()
    while porter.step(at=now()):
        pass


def shell(*words):
    out = io.StringIO()
    call_command("orders", *words, stdout=out)
    return out.getvalue()


# Centres


def test_a_centre_goes_when_a_second_operator_agrees_after_a_last_backup(console, second, closed):
    files.current().write(f"{closed.slug}/logo-x.png", b"x")
    pk = closed.route.tenant_id
    assert ask(console, f"centros/{closed.slug}", closed.slug).status_code == 302
    work()
    assert Placement.objects.filter(pk=pk).exists()
    agreed = second.post(f"{HOME}encargos/{newest().pk}/aceptar", {"typed": closed.slug})
    assert agreed.status_code == 302
    work()
    order = newest()
    assert (order.state, order.error) == ("done", "")
    assert not Placement.objects.filter(pk=pk).exists()
    assert not Tenant.objects.filter(pk=pk).exists()
    assert not Membership.objects.filter(tenant_id=pk).exists()
    assert not Session.objects.filter(tenant_id=pk).exists()
    assert not namespaces.exists(closed.route)
    assert files.current().names(closed.slug) == []
    last = Backup.objects.filter(tenant_id=pk).latest("pk")
    assert last.is_usable
    assert places.first().has(last.key)
    assert Client().get(f"/{closed.slug}/").status_code == 404
    shown = console.get(f"{HOME}encargos/").content.decode()
    assert "Olga Vidal + Raúl Pinto" in shown


def test_the_one_who_asked_is_no_second_person(console, closed):
    ask(console, f"centros/{closed.slug}", closed.slug)
    answer = console.post(f"{HOME}encargos/{newest().pk}/aceptar", {"typed": closed.slug})
    assert (answer.status_code, "tiene que aceptarlo otra persona" in answer.content.decode()) == (422, True)
    work()
    assert Placement.objects.filter(slug=closed.slug).exists()


def come_in(link, name):
    """Somebody answers an invitation with an authenticator of their own; whoever holds the link can."""
    client = Client()
    assert accept(client, link_of(link), name=name).status_code == 200
    return client


def agree(client, closed):
    return client.post(f"{HOME}encargos/{newest().pk}/aceptar", {"typed": closed.slug})


def test_who_was_invited_from_the_console_today_is_no_second_person(console, closed):
    email = f"nora-{now().timestamp()}@reservo.example"
    shown = console.post(f"{HOME}operadores/", {"name": "Nora", "email": email}).content.decode()
    invited = come_in(shown, "Nora")
    ask(console, f"centros/{closed.slug}", closed.slug)
    refused = agree(invited, closed)
    assert (refused.status_code, "hace menos de un día" in refused.content.decode()) == (422, True)
    Operator.objects.filter(email=email).update(invited_at=now() - timedelta(days=1, seconds=1))
    assert agree(invited, closed).status_code == 302


def test_a_link_that_one_makes_for_a_colleague_makes_no_second_person_of_oneself(console, closed, raul):
    shown = console.post(f"{HOME}operadores/{raul.pk}/anular").content.decode()
    as_raul = come_in(shown, "Raúl Pinto")
    ask(console, f"centros/{closed.slug}", closed.slug)
    assert agree(as_raul, closed).status_code == 422
    work()
    assert Placement.objects.filter(slug=closed.slug).exists()


def test_who_cannot_be_the_second_person_is_told_before_typing_anything(console, second, closed):
    ask(console, f"centros/{closed.slug}", closed.slug)
    page = f"{HOME}encargos/{newest().pk}/aceptar"
    assert 'name="typed"' in second.get(page).content.decode()
    own = console.get(page).content.decode()
    assert ("Lo pediste tú" in own, 'name="typed"' in own) == (True, False)
    console.post(f"{HOME}encargos/{newest().pk}/anular")
    over = second.get(page).content.decode()
    assert ("Ya no espera" in over, 'name="typed"' in over) == (True, False)


def test_the_second_person_types_its_name_too(console, second, closed):
    ask(console, f"centros/{closed.slug}", closed.slug)
    assert second.post(f"{HOME}encargos/{newest().pk}/aceptar", {"typed": "otra"}).status_code == 422
    assert newest().approved_by == ""


def test_after_a_day_it_goes_by_itself(console, closed):
    ask(console, f"centros/{closed.slug}", closed.slug)
    Order.objects.update(not_before=now() - timedelta(seconds=1))
    work()
    assert not Placement.objects.filter(slug=closed.slug).exists()


def test_anybody_calls_it_off_meanwhile(console, second, closed):
    ask(console, f"centros/{closed.slug}", closed.slug)
    assert "1 destrucción espera a otra persona" in second.get(HOME).content.decode()
    second.post(f"{HOME}encargos/{newest().pk}/anular")
    Order.objects.update(not_before=now() - timedelta(seconds=1))
    work()
    assert (newest().state, Placement.objects.filter(slug=closed.slug).exists()) == ("cancelled", True)
    late = second.post(f"{HOME}encargos/{newest().pk}/aceptar", {"typed": closed.slug})
    assert (late.status_code, "Ya no espera" in late.content.decode()) == (422, True)


def test_one_that_was_opened_again_meanwhile_is_left_alone(console, second, closed):
    ask(console, f"centros/{closed.slug}", closed.slug)
    second.post(f"{HOME}encargos/{newest().pk}/aceptar", {"typed": closed.slug})
    set_state(closed.slug, "active", reason="volvió", at=now())
    work()
    assert newest().error.startswith("NotDisabled")
    assert Client().get(f"/{closed.slug}/").status_code == 200


def test_one_without_a_last_backup_is_left_alone(console, second, closed, monkeypatch):
    ask(console, f"centros/{closed.slug}", closed.slug)
    second.post(f"{HOME}encargos/{newest().pk}/aceptar", {"typed": closed.slug})

    def refuse(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("reservo.fleet.backups.taking.take", refuse)
    work()
    assert newest().error.startswith("NoLastBackup")
    assert "Su último respaldo no resultó" in console.get(f"{HOME}encargos/").content.decode()
    assert namespaces.exists(closed.route)


def test_one_that_is_killed_in_the_middle_goes_on(console, second, closed):
    ask(console, f"centros/{closed.slug}", closed.slug)
    second.post(f"{HOME}encargos/{newest().pk}/aceptar", {"typed": closed.slug})
    Tenant.objects.filter(pk=closed.route.tenant_id).update(name="Se corta aquí")
    from reservo.fleet.orders import carrying, destroying

    taken = carrying.take_next("dead", at=now())
    destroying._last_backup(taken, Placement.objects.get(slug=closed.slug), now)
    Tenant.objects.filter(pk=closed.route.tenant_id).delete()
    Order.objects.filter(pk=taken.pk).update(beat_at=now() - timedelta(minutes=1))
    work()
    assert (newest().state, newest().error) == ("done", "")
    assert not Placement.objects.filter(slug=closed.slug).exists()


def test_one_that_works_is_not_to_be_had(console, centre):
    answer = ask(console, f"centros/{centre.slug}", centre.slug)
    assert (answer.status_code, "Primero deshabilita el centro" in answer.content.decode()) == (422, True)


@pytest.mark.parametrize("wrong", [{"typed": "otra"}, {"typed": ""}, {"reason": ""}, {"reason": "x" * 201}])
def test_it_is_not_asked_for_by_a_slip(console, closed, wrong):
    assert ask(console, f"centros/{closed.slug}", closed.slug, **wrong).status_code == 422
    assert not Order.objects.exists()


def test_asking_and_agreeing_are_in_the_trail(console, second, closed):
    ask(console, f"centros/{closed.slug}", closed.slug)
    second.post(f"{HOME}encargos/{newest().pk}/aceptar", {"typed": closed.slug})
    with tenancy.control():
        lines = Action.objects.order_by("-pk").values_list("actor_name", "action", "details__name")[:2]
        assert list(lines) == [
            ("Raúl Pinto", "destroy.approved", closed.slug),
            ("Olga Vidal", "destroy.asked", closed.slug),
        ]


# Stores and backups


def test_an_empty_store_goes_and_a_full_one_stays(console, second, empty, centre):
    own = Placement.objects.get(slug=centre.slug).store.name
    refused = ask(console, f"almacenes/{own}", own)
    assert (refused.status_code, "trasládalos antes" in refused.content.decode()) == (422, True)
    ask(console, f"almacenes/{empty}", empty)
    second.post(f"{HOME}encargos/{newest().pk}/aceptar", {"typed": empty})
    work()
    assert not Store.objects.filter(name=empty).exists()


def test_a_store_that_got_a_centre_meanwhile_stays(console, second, empty):
    ask(console, f"almacenes/{empty}", empty)
    second.post(f"{HOME}encargos/{newest().pk}/aceptar", {"typed": empty})
    late = Placement.objects.create(
        slug=f"tarde-{empty[-6:]}", store=Store.objects.get(name=empty), namespace="t.db", zone="UTC"
    )
    work()
    assert newest().error.startswith("StillNeeded")
    late.delete()


def test_a_backup_goes_out_of_the_first_place(console, second, centre):
    back_up(centre.route)
    backup = Backup.objects.filter(tenant_id=centre.route.tenant_id).latest("pk")
    name = f"{centre.slug} {backup.taken_at:%Y-%m-%d %H:%M}"
    ask(console, f"respaldos/{backup.pk}", name)
    second.post(f"{HOME}encargos/{newest().pk}/aceptar", {"typed": name})
    work()
    backup.refresh_from_db()
    assert backup.removed_at is not None
    assert not places.first().has(backup.key)
    again = ask(console, f"respaldos/{backup.pk}", name)
    assert (again.status_code, "ya no está en ningún lugar" in again.content.decode()) == (422, True)


# The shell


def test_the_shell_goes_the_same_way(second, closed):
    said = shell("destroy-centre", closed.slug, "--reason", "contrato terminado")
    assert "goes when an operator agrees in the console" in said
    work()
    assert Placement.objects.filter(slug=closed.slug).exists()
    assert closed.slug in shell("list")
    second.post(f"{HOME}encargos/{newest().pk}/aceptar", {"typed": closed.slug})
    work()
    assert not Placement.objects.filter(slug=closed.slug).exists()


def test_the_shell_calls_off_and_says_what_it_cannot(closed, centre, empty):
    set_state(centre.slug, "active", reason="", at=now())
    for words, match in (
        (("destroy-centre", "no-hay", "--reason", "x"), "there is no centre no-hay"),
        (("destroy-centre", centre.slug, "--reason", "x"), "must be disabled first"),
        (("destroy-store", "no-hay", "--reason", "x"), "there is no store no-hay"),
        (("destroy-backup", "999999", "--reason", "x"), "no backup"),
        (("cancel", "999999"), "no order"),
    ):
        with pytest.raises(CommandError, match=match):
            shell(*words)
    shell("destroy-store", empty, "--reason", "x")
    assert "called off" in shell("cancel", str(newest().pk))
    assert newest().state == "cancelled"
