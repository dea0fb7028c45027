"""Every route of the console × {operator, nobody, user of a centre}; those outside it are walked in architecture."""

import pytest
from django.urls import get_resolver

from reservo.console.models import Operator
from reservo.core.clock import now
from reservo.fleet.models import Backup, MigrationRun, Move, Order, Restore
from reservo.ui import access
from tests.architecture.operator_cases import DOORS, HOME, OPERATOR_CASES
from tests.architecture.test_routes import EMPTY, OFF, walk
from tests.cast import make_cast
from tests.console.cast import browser, make_operator

ROUTES = {
    route.removeprefix(HOME): view
    for route, view in walk(get_resolver("reservo.config.urls").url_patterns)
    if route.startswith(HOME)
}
each = pytest.mark.parametrize("route", sorted(OPERATOR_CASES), ids=lambda route: route or "/")


class Scene:
    """A centre and one of everything that the console's addresses name."""

    def __init__(self):
        self.centre = make_cast()
        run = MigrationRun.objects.create(to_schema="x", processes=1, started_at=now(), finished_at=now())
        facts = {"tenant_id": self.centre.route.tenant_id, "slug": self.centre.slug}
        backup = Backup.objects.create(state="done", key="k", taken_at=now(), next_at=now(), **facts)
        places = {"before_store": "a", "before_namespace": "b", "after_store": "a", "after_namespace": "c"}
        restore = Restore.objects.create(state="done", data_of=now(), started_at=now(), **places, **facts)
        stores = {"source_store": "a", "target_store": "b", "epoch_before": 1}
        move = Move.objects.create(state="done", started_at=now(), **stores, **facts)
        asked = {"asked_by": "Olga", "asked_at": now(), "not_before": now()}
        order = Order.objects.create(kind="destroy_store", name="x", state="done", **asked)
        self.objects = {
            "order": order.pk,
            "backup": backup.pk,
            "restore": restore.pk,
            "move": move.pk,
            "slug": self.centre.slug,
            "operator": make_operator("Otra").pk,
            "store": self.centre.route.store,
            "run": run.pk,
        }

    def path(self, route):
        return "/" + HOME + OPERATOR_CASES[route].path.format(**self.objects)


@pytest.fixture(scope="module")
def scene(control):
    made = Scene()
    yield made
    made.centre.end()


def test_every_route_has_its_case_and_every_case_a_route():
    assert set(ROUTES) == set(OPERATOR_CASES) | set(DOORS)


def test_all_but_the_doors_are_the_operators_alone():
    assert {route for route, view in ROUTES.items() if access.rule_of(view) == "operator"} == set(
        OPERATOR_CASES
    )


@each
def test_an_operator_gets_what_the_case_says(scene, raul, route):
    case, client = OPERATOR_CASES[route], browser(raul)
    assert client.get(scene.path(route)).status_code == case.get
    assert client.post(scene.path(route), EMPTY).status_code == case.post
    Operator.objects.update(is_active=True)


@each
def test_a_user_of_a_centre_is_nobody_here(scene, route):
    case, client = OPERATOR_CASES[route], scene.centre.client("administrator")
    for answer, off in (
        (client.get(scene.path(route)), case.get),
        (client.post(scene.path(route)), case.post),
    ):
        assert answer.status_code == (OFF if off == OFF else 302)
        if answer.status_code == 302:
            assert answer.headers["Location"].startswith(f"/{HOME}entrar?next=")


@each
def test_a_form_without_its_proof_is_refused(scene, console, olga, route):
    if OPERATOR_CASES[route].post == OFF:
        return
    guarded = browser(enforce_csrf_checks=True)
    guarded.cookies = console.cookies
    assert guarded.post(scene.path(route), EMPTY).status_code == 403


@each
def test_every_answer_is_narrow_and_kept_nowhere(scene, console, route):
    if OPERATOR_CASES[route].get == OFF:
        return
    answer = console.get(scene.path(route))
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert all(morsel["path"] == "/operador" for morsel in answer.cookies.values())


def test_a_number_that_is_nobodys_is_404(console):
    for path in ("operadores/999999/anular", "operadores/999999/quitar"):
        assert console.post(f"/{HOME}{path}").status_code == 404
