"""Whatever is sent to the console: a clear refusal or a clean save, never a broken page; nothing of it runs."""

import pytest
from django.test import Client

from reservo.console.models import Operator
from reservo.fleet.models import Order
from reservo.tenancy.models import Store
from tests.architecture.operator_cases import HOME, OPERATOR_CASES
from tests.architecture.test_routes import OFF
from tests.console.test_routes import Scene
from tests.ui.test_bad_input import NASTY

FIELDS = (
    *(
        "name",
        "slug",
        "country",
        "zone",
        "currency",
        "language",
        "store",
        "administrator_name",
        "administrator",
    ),
    *(
        "state",
        "reason",
        "tell",
        "typed",
        "capacity",
        "minutes",
        "wants_patients",
        "email",
        "a",
        "password",
        "code",
    ),
    *("seed", "proof", "next"),
)
QUERIES = (
    "q",
    "estado",
    "almacen",
    "orden",
    "page",
    "centro",
    "quien",
    "que",
    "sobre",
    "desde",
    "hasta",
    "a",
    "nuevo",
)
# What takes no field would be done as often as it is sent.
PLAIN_DEEDS = (
    "salir",
    "anular",
    "quitar",
    "revivir",
    "reenviar",
    "seguir",
    "entrar",
    "terminar",
    "respaldar",
)
FORMS = [
    route for route, case in OPERATOR_CASES.items() if case.post != OFF and not route.endswith(PLAIN_DEEDS)
]


@pytest.fixture(scope="module")
def scene(control):
    made = Scene()
    yield made
    Order.objects.all().delete()
    Store.objects.update(is_draining=False)  # each reason that was taken closed it, or opened it again
    made.centre.end()


@pytest.mark.parametrize("route", sorted(FORMS))
def test_everything_wrong_at_once_is_refused_or_saved_clean(scene, console, route):
    for kind, value in NASTY.items():
        answer = console.post(scene.path(route), dict.fromkeys(FIELDS, value))
        assert answer.status_code in (200, 302, 422), (route, kind, answer.status_code)
        assert b"<script>alert" not in answer.content
        assert b"onerror=alert(1)>" not in answer.content


@pytest.mark.parametrize("route", sorted(route for route, case in OPERATOR_CASES.items() if case.get != OFF))
def test_an_address_with_anything_in_it_is_answered(scene, console, route):
    for kind, value in NASTY.items():
        answer = console.get(scene.path(route), dict.fromkeys(QUERIES, value[:2_000]))
        assert answer.status_code == 200, (route, kind, answer.status_code)
        assert b"<script>alert" not in answer.content


@pytest.mark.parametrize("door", ["entrar", "entrar/codigo", "invitacion/x"])
def test_the_doors_stand_anything(control, door):
    for kind, value in NASTY.items():
        answer = Client().post(f"/{HOME}{door}", dict.fromkeys(FIELDS, value))
        assert answer.status_code in (302, 404, 422), (door, kind, answer.status_code)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30"])
def test_the_trail_is_narrowed_by_any_day_there_can_be(console, day):
    assert console.get(f"/{HOME}registro/?desde={day}&hasta={day}").status_code == 200


WIDE = "\u0958"  # one letter as typed, two once normalised


def test_words_that_grow_once_normalised_are_refused_and_never_kept_as_typed(scene, console):
    slug = scene.centre.slug
    sent = {"state": "active", "reason": WIDE * 200}
    assert console.post(f"/{HOME}centros/{slug}/estado", sent).status_code == 422
    made = {"name": WIDE * 80, "slug": "abc", "administrator_name": WIDE * 80, "administrator": "a@b.example"}
    assert console.post(f"/{HOME}centros/nuevo", made).status_code == 422
    invited = {"name": WIDE * 50 + "\r\nBcc: x@mal.example", "email": "nombre-largo@b.example"}
    assert console.post(f"/{HOME}operadores/", invited).status_code == 422
    assert not Operator.objects.filter(email="nombre-largo@b.example").exists()


@pytest.mark.parametrize("number", ["9" * 30, "0"])
def test_a_number_that_no_row_can_have_is_404(console, number):
    for path in ("traslados", "respaldos", "migraciones"):
        assert console.get(f"/{HOME}{path}/{number}/").status_code == 404
