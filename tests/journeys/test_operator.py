"""What the operator does: a centre made, moved while one watches, looked into with consent, destroyed by two."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import DESK, PASSWORD, PHONE, log_in
from tests.journeys.test_accessibility import axe, walk  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.server]

OLGA, RAUL = "operador@reservo.example", "revision@reservo.example"
SECONDS = 1_000


@pytest.fixture(scope="module")
def second_store(demo):
    demo.command(
        "stores",
        "add",
        "otro-disco",
        "--engine",
        "sqlite",
        "--address",
        str(demo.data / "otro"),
        "--capacity",
        "9",
    )
    return "otro-disco"


def enter(page, demo, email=OLGA):
    """Through the console's own door; ends on the list of centres."""
    page.goto(f"{demo.url}/operador/entrar")
    page.fill("input[type=email]", email)
    page.fill("input[type=password]", PASSWORD)
    page.press("input[type=password]", "Enter")
    page.wait_for_url("**/operador/")


def agree(page, button):
    """The question that a form asks before it leaves."""
    page.locator("dialog[open]").get_by_role("button", name=button, exact=True).click()


def make_centre(page, demo, slug):
    page.goto(f"{demo.url}/operador/")
    page.get_by_role("link", name="Crear centro").first.click()
    page.get_by_label("Nombre", exact=True).press_sequentially("Clínica del Viaje ")
    expect(page.get_by_label("Dirección")).to_have_value("clinica-del-viaje")
    page.get_by_label("Dirección").fill(slug)
    page.get_by_label("Correo de quien administra").fill(f"ada@{slug}.example")
    page.get_by_role("button", name="Crear", exact=True).click()
    page.wait_for_url(f"**/centros/{slug}/?nuevo=1")


def change_state(page, state, reason, typed=""):
    page.get_by_label("Estado", exact=True).select_option(state)
    page.locator("form[action$=estado]").get_by_label("Motivo").fill(reason)
    page.get_by_label("Para deshabilitar").fill(typed)
    page.get_by_role("button", name="Cambiar el estado").click()
    agree(page, "Cambiar")
    page.locator(".note.success").wait_for()


def answers(page, demo, slug, status):
    """Nodes hear of a change within a second; the page that is asked for is kept nowhere."""
    for _ in range(30):
        if page.request.get(f"{demo.url}/{slug}/login").status == status:
            return True
        page.wait_for_timeout(100)
    return False


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_centre_is_made_seen_ready_and_closed_for_a_while(demo, window, size):
    slug = f"viaje-{'telefono' if size is PHONE else 'mesa'}"
    page = window(**size)
    enter(page, demo)
    make_centre(page, demo, slug)
    expect(page.locator("#readiness")).to_contain_text("La invitación salió hacia", timeout=30 * SECONDS)
    assert answers(page, demo, slug, 200)
    change_state(page, "maintenance", "Cambio de disco")
    assert answers(page, demo, slug, 503)
    expect(page.locator("main")).to_contain_text("cambió el estado")
    change_state(page, "active", "Listo")
    assert answers(page, demo, slug, 200)


def log_in_beside(page):
    """By the link that a form shows when the session is over; the form stays where it is."""
    with page.expect_popup() as opened:
        page.locator("[data-session-over] a").press("Enter")
    beside = opened.value
    beside.fill("input[type=email]", OLGA)
    beside.fill("input[type=password]", PASSWORD)
    beside.press("input[type=password]", "Enter")
    beside.wait_for_url("**/operador/")
    beside.close()


def test_what_was_typed_outlives_the_session_in_every_kind_of_form(demo, window):
    page = window(**DESK)
    enter(page, demo)
    page.goto(f"{demo.url}/operador/centros/clinica-austral/")
    expect(page.locator("#support form")).to_be_visible()
    state = page.locator("form[action$=estado]")
    state.get_by_label("Motivo").fill("Un motivo largo de escribir")
    page.context.clear_cookies()
    page.get_by_role("button", name="Cambiar el estado").click()
    agree(page, "Cambiar")
    expect(state.locator("[data-session-over] a")).to_be_focused()
    assert state.get_by_label("Motivo").input_value() == "Un motivo largo de escribir"
    log_in_beside(page)
    page.get_by_role("button", name="Cambiar el estado").click()
    agree(page, "Cambiar")
    page.wait_for_load_state()
    expect(page.locator("main")).to_contain_text("Un motivo largo de escribir")

    support = page.locator("#support")
    support.get_by_label("Motivo").fill("Otro motivo largo")
    page.context.clear_cookies()
    support.get_by_role("button", name="Pedir permiso").click()
    expect(support.locator("[data-session-over] a")).to_be_focused()
    assert support.get_by_label("Motivo").input_value() == "Otro motivo largo"

    page.goto(f"{demo.url}/operador/respaldos/")
    assert page.url.startswith(f"{demo.url}/operador/entrar?next=")


@pytest.mark.timeout(180)
def test_a_centre_is_moved_while_one_watches_and_backed_up(demo, window, second_store):
    page = window(**DESK)
    enter(page, demo)
    page.goto(f"{demo.url}/operador/centros/fisio-miraflores/")
    page.get_by_role("link", name="Trasladar").click()
    page.get_by_label("A qué almacén").select_option(second_store)
    page.get_by_role("button", name="Ver el plan").click()
    expect(page.locator("main")).to_contain_text(f" a {second_store}:")
    page.get_by_label("Motivo").fill("Otro disco")
    page.get_by_role("button", name="Trasladar").click()
    agree(page, "Trasladar")
    page.wait_for_url("**/traslados/*/")
    expect(page.locator("#move")).to_contain_text("Terminado", timeout=90 * SECONDS)
    expect(page.locator("#move")).to_contain_text("Pausa, en segundos")
    assert answers(page, demo, "fisio-miraflores", 200)
    page.goto(f"{demo.url}/operador/centros/fisio-miraflores/")
    expect(page.locator("main")).to_contain_text(second_store)
    page.get_by_role("button", name="Respaldar ahora").click()
    page.wait_for_url("**/respaldos/?centro=fisio-miraflores")
    for _ in range(30):
        page.reload()
        if (
            "Por tomar" not in page.locator("tbody").inner_text()
            and "Tomándose" not in page.locator("tbody").inner_text()
        ):
            break
        page.wait_for_timeout(1 * SECONDS)
    expect(page.locator("tbody tr").first).to_contain_text("Comprobado")


def test_support_looks_in_when_the_centre_says_so_and_is_out_when_it_says_so(demo, window):
    page, centre = window(**DESK), window(**DESK)
    enter(page, demo)
    page.goto(f"{demo.url}/operador/centros/clinica-austral/")
    support = page.locator("#support")
    support.get_by_label("Motivo").fill("No sale un correo")
    support.get_by_role("button", name="Pedir permiso").click()
    expect(support).to_contain_text("Espera respuesta")
    log_in(centre, demo, "clinica-austral", "admin@austral.example")
    centre.get_by_role("link", name="Responder").click()
    centre.get_by_role("button", name="Permitir", exact=True).click()
    centre.locator(".note.success").wait_for()
    support.get_by_role("button", name="Entrar").click(timeout=15 * SECONDS)
    page.wait_for_url("**/clinica-austral/configuracion/")
    expect(page.locator(".support")).to_contain_text("como soporte")
    assert page.goto(f"{demo.url}/clinica-austral/pacientes/").status == 403
    centre.get_by_role("button", name="Terminar ahora").click()
    centre.locator(".note.success").wait_for()
    page.goto(f"{demo.url}/clinica-austral/configuracion/")
    page.wait_for_url("**/clinica-austral/login?**")
    page.goto(f"{demo.url}/operador/registro/?sobre=clinica-austral")
    expect(page.locator("tbody")).to_contain_text("vio una página del centro")


@pytest.mark.timeout(120)
def test_a_centre_is_destroyed_by_two(demo, window):
    slug = "viaje-ultimo"
    page, second = window(**DESK), window(**DESK)
    enter(page, demo)
    make_centre(page, demo, slug)
    page.goto(f"{demo.url}/operador/centros/{slug}/")
    change_state(page, "disabled", "Contrato terminado", typed=slug)
    page.get_by_role("link", name="Destruir").click()
    page.get_by_label("Motivo").fill("Contrato terminado")
    page.get_by_label("para confirmar").fill(slug)
    page.get_by_role("button", name="Pedir que se destruya").click()
    page.wait_for_url("**/encargos/")
    expect(page.locator("#open").get_by_role("link", name="Aceptar")).to_have_count(0)
    enter(second, demo, RAUL)
    second.get_by_role("link", name="destrucción espera").click()
    second.get_by_role("link", name="Aceptar").click()
    second.get_by_label("para confirmar").fill(slug)
    second.get_by_role("button", name="Aceptar").click()
    expect(second.locator("#open")).to_contain_text("Nada espera", timeout=60 * SECONDS)
    second.reload()
    expect(second.locator("main")).to_contain_text("Ya no está; su último respaldo es")
    assert answers(second, demo, slug, 404)


@pytest.mark.timeout(300)
def test_nothing_grave_on_any_page_of_the_console_and_none_is_wider_than_its_screen(demo, window, axe):  # noqa: F811
    pages = [window(**PHONE, color_scheme="light"), window(**DESK, color_scheme="dark")]
    wide = []
    for page in pages:
        enter(page, demo)
        page.on(
            "load",
            lambda here: (
                here.evaluate("document.documentElement.scrollWidth > innerWidth") and wide.append(here.url)
            ),
        )
    walked, found = walk(axe, pages, f"{demo.url}/operador/", ["", "centros/nuevo", "registro/?quien=nadie"])
    assert found == {}
    assert wide == []
    assert len(walked) > 15
