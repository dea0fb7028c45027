"""Moves from the console: planned in sight, ordered, followed, given up, gone on with."""

import html
from string import Formatter

import pytest

from reservo import tenancy
from reservo.audit.models import Action
from reservo.console.reasons import WHY
from reservo.core.clock import now
from reservo.fleet import moves, orders
from reservo.fleet.models import Move, Order
from reservo.tenancy import connections
from reservo.tenancy.models import Placement, Store
from reservo.tenants import stores
from tests.console.cast import HOME

pytestmark = pytest.mark.embedded


@pytest.fixture(autouse=True)
def nothing_waits(control):
    yield
    Order.objects.all().delete()
    connections.close_all()


@pytest.fixture
def elsewhere(control, tmp_path):
    name = f"elsewhere-{now().timestamp():.3f}".replace(".", "-")
    described = stores.Description(
        name=name, engine="sqlite", address=str(tmp_path), capacity=9, is_dedicated=True
    )
    return stores.add(described).name


def start(console, centre, store, **more):
    return console.post(f"{HOME}centros/{centre.slug}/trasladar", {"a": store, "reason": "más disco", **more})


def test_the_plan_is_shown_and_nothing_is_done(console, centre, elsewhere):
    shown = console.get(f"{HOME}centros/{centre.slug}/trasladar?a={elsewhere}").content.decode()
    assert f"a {elsewhere}:" in shown
    assert "agenda_" in shown or "catalog_" in shown
    assert not Move.objects.filter(slug=centre.slug).exists()


def test_a_move_is_ordered_carried_out_and_its_report_kept(console, centre, elsewhere):
    answer = start(console, centre, elsewhere)
    move = Move.objects.get(slug=centre.slug)
    page = f"{HOME}traslados/{move.pk}/"
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    assert "espera a que un proceso lo tome" in console.get(page).content.decode()
    orders.Porter().step(at=now())
    assert Placement.objects.get(slug=centre.slug).store.name == elsewhere
    followed = console.get(f"{page}avance").content.decode()
    assert "100 %" in followed
    assert "Pausa, en segundos" in followed
    assert "hx-get" not in followed
    with tenancy.control():
        line = Action.objects.filter(action="move.started").latest("pk")
    assert (line.details["name"], line.details["to"], line.details["reason"]) == (
        centre.slug,
        elsewhere,
        "más disco",
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"reason": " "}, "obligatorio"),
        ({"a": "no-hay"}, "Ese almacén no existe"),
        ({"a": ""}, "Elige un almacén"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_begins(console, centre, elsewhere, more, words):
    answer = start(console, centre, elsewhere, **more)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert not Move.objects.filter(slug=centre.slug).exists()


def test_a_store_that_is_full_draining_or_its_own_is_refused(console, centre, elsewhere):
    own = Placement.objects.get(slug=centre.slug).store.name
    assert start(console, centre, own).status_code == 422
    stores.drain(elsewhere)
    assert start(console, centre, elsewhere).status_code == 422
    assert not Order.objects.filter(name=centre.slug).exists()


def test_a_second_move_of_the_same_centre_is_refused(console, centre, elsewhere):
    start(console, centre, elsewhere)
    answer = start(console, centre, elsewhere)
    assert (answer.status_code, "Ya hay algo en curso" in answer.content.decode()) == (422, True)
    assert Move.objects.filter(slug=centre.slug).count() == 1


def test_one_that_waits_is_given_up_and_the_centre_stays(console, centre, elsewhere):
    start(console, centre, elsewhere)
    move = Move.objects.get(slug=centre.slug)
    assert console.post(f"{HOME}traslados/{move.pk}/abandonar", {"reason": "no hoy"}).status_code == 302
    while orders.Porter().step(at=now()):
        pass
    move.refresh_from_db()
    assert move.state == "aborted"
    assert Placement.objects.get(slug=centre.slug).store.name != elsewhere


def test_one_that_is_under_way_is_told_to_stop(console, centre, elsewhere):
    start(console, centre, elsewhere)
    move = Move.objects.get(slug=centre.slug)
    Order.objects.filter(name=centre.slug).update(state="running", holder="somebody", beat_at=now())
    console.post(f"{HOME}traslados/{move.pk}/abandonar", {"reason": "no hoy"})
    assert Order.objects.get(name=centre.slug).stop_asked
    assert "se abandona" in console.get(f"{HOME}traslados/{move.pk}/").content.decode()


def test_one_that_failed_is_loud_and_gone_on_with(console, centre, elsewhere):
    move = moves.plan(centre.slug, elsewhere, at=now())
    Move.objects.filter(pk=move.pk).update(error="StoreUnavailable: away")
    assert "1 traslado detenido." in console.get(HOME).content.decode()
    assert "Seguir con el traslado" in console.get(f"{HOME}traslados/{move.pk}/").content.decode()
    console.post(f"{HOME}traslados/{move.pk}/seguir")
    orders.Porter().step(at=now())
    move.refresh_from_db()
    assert (move.state, move.error) == ("done", "")
    assert "traslado detenido" not in console.get(HOME).content.decode()


def test_one_that_has_ended_is_neither_given_up_nor_gone_on_with(console, centre, elsewhere):
    start(console, centre, elsewhere)
    orders.Porter().step(at=now())
    move = Move.objects.get(slug=centre.slug)
    console.post(f"{HOME}traslados/{move.pk}/abandonar", {"reason": "no hoy"})
    console.post(f"{HOME}traslados/{move.pk}/seguir")
    move.refresh_from_db()
    assert move.state == "done"
    assert not Order.objects.filter(name=centre.slug).exclude(open_for=None).exists()


def test_a_move_that_is_not_there_is_404(console):
    for path in ("", "avance"):
        assert console.get(f"{HOME}traslados/999999/{path}").status_code == 404


@pytest.mark.parametrize("reason", moves.CannotMove.WORDS)
def test_every_reason_has_words_on_the_screen_that_name_the_same_facts(reason):
    names = {
        name for _text, name, _spec, _conversion in Formatter().parse(moves.CannotMove.WORDS[reason]) if name
    }
    facts = {name: f"<{name}>" for name in names}
    said = WHY[moves.CannotMove(reason, **facts).reason]() % facts
    assert all(fact in said for fact in facts.values())


def test_a_store_that_is_not_fit_says_so_in_the_operators_language(console, centre, elsewhere):
    Store.objects.filter(name=elsewhere).update(engine="postgresql", address="127.0.0.1:1/none")
    page = html.unescape(start(console, centre, elsewhere).content.decode())
    assert "no está en condiciones. 127.0.0.1:1/none responde: no." in page
