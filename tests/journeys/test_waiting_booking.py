"""A patient presses "Reservar" while the centre's server is down: the page goes on trying, and there is one visit."""

from __future__ import annotations

import time

import pytest

from reservo import tenancy
from reservo.agenda.models import Appointment
from reservo.core.clock import now
from reservo.fleet import promoting
from reservo.tenancy import connections
from reservo.tenancy.models import Placement
from reservo.tenants import stores
from tests.cast import make_cast
from tests.journeys.conftest import PHONE
from tests.servers import PAIRS, missing

pytestmark = [pytest.mark.browser, pytest.mark.server]


@pytest.fixture
def pair(control):
    if program := missing("postgresql"):
        pytest.skip(program)
    made = PAIRS["postgresql"]()
    yield made
    connections.close_all()
    made.end()


@pytest.fixture
def cast(pair, monkeypatch):
    """A centre on the pair, which is promoted by hand in the test."""
    pool = pair.primary.pool("centros")
    replica = f"127.0.0.1:{pair.standby.port}/centros"
    store = stores.add(
        stores.Description(
            name=f"waiting-{pair.primary.port}", capacity=9, is_dedicated=True, replica=replica, **pool
        )
    )
    monkeypatch.setenv("RESERVO_DEFAULT_STORE", store.name)
    yield make_cast()
    Placement.objects.filter(store=store).update(state="disabled")


def typed_form(page, url, name):
    """From the first page to the form, filled in; nothing is sent yet."""
    page.goto(url)
    page.locator("a.choice").first.click()
    page.locator("a.choice").first.click()
    page.locator(".times button").last.click()
    for field, value in {
        "given_name": name,
        "paternal_surname": "Soto",
        "email": f"{name.lower()}@paciente.example",
        "phone": "+56 9 8765 4321",
    }.items():
        page.fill(f"[name={field}]", value)
    page.locator("[name=privacy_accepted]").check()


def visits_of(cast, name):
    with tenancy.activate(Placement.objects.select_related("store").get(pk=cast.route.tenant_id).route()):
        return Appointment.objects.filter(patient__given_name=name).count()


def test_the_page_waits_for_the_promotion_and_books_once(pages, pair, cast, window):
    page = window(**PHONE)
    typed_form(page, f"{pages.url}/{cast.slug}/", "Rosa")
    time.sleep(0.5)  # the standby has the hour that is held
    pair.primary.kill()
    page.get_by_role("button", name="Reservar").click()
    page.get_by_role("heading", name="Estamos guardando tu hora…").wait_for()
    page.locator("progress").wait_for()
    assert not page.get_by_role("button", name="Guardar ahora").is_visible()
    promoting.run(promoting.begin(cast.route.store, at=now()))
    page.wait_for_url("**/v/**", timeout=45_000)
    assert visits_of(cast, "Rosa") == 1


def test_without_scripts_a_button_sends_the_same_form_and_books_once(pages, pair, cast, window):
    page = window(**PHONE, java_script_enabled=False)
    typed_form(page, f"{pages.url}/{cast.slug}/", "Iris")
    time.sleep(0.5)
    pair.primary.kill()
    page.get_by_role("button", name="Reservar").click()
    page.get_by_role("button", name="Guardar ahora").click()
    page.get_by_role("heading", name="Estamos guardando tu hora…").wait_for()
    promoting.run(promoting.begin(cast.route.store, at=now()))
    time.sleep(1.2)  # nodes see the new place within a second
    form = page.locator("form")
    address = form.get_attribute("action")
    fields = {one.get_attribute("name"): one.get_attribute("value") for one in form.locator("input").all()}
    page.get_by_role("button", name="Guardar ahora").click()
    page.wait_for_url("**/v/**")
    once_more = page.request.post(f"{pages.url}{address}", form=fields)
    assert once_more.url.partition("?")[0] == page.url.partition("?")[0]
    assert visits_of(cast, "Iris") == 1
