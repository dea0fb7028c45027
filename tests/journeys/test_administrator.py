"""An administrator sets up a new centre from nothing to the first online booking, made by a patient."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.installation import ROOT
from tests.journeys.conftest import DESK, PHONE, log_in

pytestmark = [pytest.mark.browser, pytest.mark.server]

PASSWORD = "clave-de-la-clinica-9"
SLOT_HOURS = 0.5
FIRST_HOUR = 7


def create_centre(demo, slug):
    words = [
        "tenants",
        "create",
        slug,
        "--name",
        "Clínica Desde Cero",
        "--admin-email",
        f"ana@{slug}.example",
    ]
    subprocess.run(
        [sys.executable, "-m", "reservo", *words, "--admin-name", "Ana Toro", "--password-stdin"],
        input=PASSWORD,
        text=True,
        env=demo.environment,
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=60,
    )


def drag_hours(page, editor, days, hours):
    """Paint from the first day and hour to the last, with the mouse."""
    columns = editor.locator(".day")
    editor.locator(".week").scroll_into_view_if_needed()
    first = columns.nth(days[0]).bounding_box()
    last = columns.nth(days[1]).bounding_box()
    per_hour = first["height"] / 14
    page.mouse.move(first["x"] + first["width"] / 2, first["y"] + (hours[0] - FIRST_HOUR) * per_hour + 3)
    page.mouse.down()
    down = last["y"] + (hours[1] - FIRST_HOUR - SLOT_HOURS) * per_hour + 3
    page.mouse.move(last["x"] + last["width"] / 2, down, steps=6)
    page.mouse.up()


def save(page):
    page.locator("form.card button.primary, form[data-guard] button.primary").first.click()
    page.wait_for_selector(".messages .success")


def logo():
    picture = io.BytesIO()
    Image.new("RGB", (120, 120), "#0a6").save(picture, "PNG")
    return {"name": "logo.png", "mimeType": "image/png", "buffer": picture.getvalue()}


def book(page, demo, slug):
    page.goto(f"{demo.url}/{slug}/")
    for _ in range(4):
        if page.locator("a.day").count():
            break
        page.locator("a.choice").first.click()
        page.wait_for_load_state()
    page.locator("a.day:not(.turn)").nth(2).click()
    page.locator(".times button").first.click()
    page.wait_for_selector("form[data-once]")
    page.fill("[name=given_name]", "Luz")
    page.fill("[name=paternal_surname]", "Primera")
    page.fill("[name=email]", f"luz@{slug}.example")
    page.fill("[name=phone]", "9 1234 5678")
    if page.locator("[name=privacy_accepted]").count():
        page.check("[name=privacy_accepted]")
    page.get_by_role("button", name="Reservar").click()
    page.get_by_text("¡Hora reservada!").wait_for()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_from_nothing_to_the_first_online_booking(demo, window, size):
    slug = f"desde-cero-{'phone' if size is PHONE else 'desk'}"
    create_centre(demo, slug)
    page = window(**size)
    log_in(page, demo, slug, f"ana@{slug}.example", PASSWORD)

    page.get_by_role("link", name="Seguir con los primeros pasos").click()
    page.get_by_text("No hay ningún tratamiento que se reserve en línea.").first.wait_for()
    page.get_by_role("link", name="Tu centro: nombre, logo y color").click()
    page.set_input_files("[name=logo]", logo())
    page.fill("[name=colour]", "#9b1c4a")
    save(page)

    page.get_by_text("Paso 2 de 5").wait_for()
    page.fill("[name=address]", "Av. Siempre Viva 742")
    page.select_option("[name=region]", "CL-RM")
    drag_hours(page, page.locator(".week-editor"), (5, 5), (10, 14))
    expect(page.locator(".week-editor .bar-of-hours")).to_have_count(6)
    save(page)

    page.get_by_text("Paso 3 de 5").wait_for()
    page.fill("[name=name]", "Primera consulta")
    page.fill("[name=duration_minutes]", "45")
    page.fill("[name=price_minor]", "30.000")
    save(page)

    page.get_by_text("Paso 4 de 5").wait_for()
    page.fill("[name=name]", "Dra. Elisa Rey")
    page.get_by_label("Primera consulta").check()
    editor = page.locator(".week-editor")
    expect(editor.locator(".bar-of-hours")).to_have_count(6)  # she begins with the hours of the only branch
    drag_hours(page, editor, (0, 4), (13, 14))
    drag_hours(page, editor, (0, 4), (18, 19))
    drag_hours(page, editor, (5, 5), (13, 14))
    expect(editor.locator(".bar-of-hours")).to_have_count(11)
    typed = page.locator("textarea.hours").input_value()
    assert typed.splitlines()[:2] == ["lunes 09:00-13:00", "lunes 14:00-18:00"]
    assert typed.splitlines()[-1] == "sábado 10:00-13:00"
    save(page)

    page.get_by_text("Paso 5 de 5").wait_for()
    page.goto(f"{demo.url}/{slug}/configuracion/")
    page.get_by_text("Todo listo para recibir reservas en línea.").wait_for()

    book(window(**size), demo, slug)

    page.reload()
    expect(page.locator(".steps .tag.good")).to_have_count(5)
    page.goto(f"{demo.url}/{slug}/pacientes/")
    page.get_by_role("link", name="Luz Primera").click()
    page.get_by_text("Primera consulta").wait_for()
    expect(page.get_by_text("Seguir con los primeros pasos")).to_have_count(0)


def test_hours_are_typed_drawn_and_erased(demo, window):
    page = window(**DESK)
    log_in(page, demo, "clinica-austral", "admin@austral.example")
    page.goto(f"{demo.url}/clinica-austral/configuracion/profesionales/nuevo")
    expect(page.locator(".week-editor:visible")).to_have_count(0)
    page.get_by_label("Providencia", exact=True).check()
    editor = page.locator(".week-editor").first
    editor.locator("summary").click()
    text = editor.locator("textarea")
    room = editor.locator(".brush option").nth(1).inner_text()
    text.fill(f"lunes a miércoles 09:05-12:55 {room}\nmañana temprano")
    expect(editor.locator(".bar-of-hours")).to_have_count(3)
    assert "09:05–12:55" in editor.locator(".bar-of-hours").first.inner_text()
    drag_hours(page, editor, (1, 2), (9, 13))
    assert text.input_value() == f"lunes 09:05-12:55 {room}\nmañana temprano"
    editor.locator(".brush select").select_option(room)
    drag_hours(page, editor, (3, 4), (10, 12))
    assert text.input_value().splitlines() == [
        f"lunes 09:05-12:55 {room}",
        f"jueves 10:00-12:00 {room}",
        f"viernes 10:00-12:00 {room}",
        "mañana temprano",
    ]
    page.fill("[name=name]", "Nadie")
    page.locator("form[data-guard] button.primary").click()
    page.get_by_text("No entendemos «mañana temprano».").wait_for()
    assert text.input_value().splitlines()[0] == f"lunes 09:05-12:55 {room}"
    assert page.locator("[name=name]").input_value() == "Nadie"


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_refused_line_of_hours_has_the_focus_where_rooms_can_be_chosen_too(demo, window, size):
    page = window(**size)
    log_in(page, demo, "clinica-austral", "admin@austral.example")
    page.goto(f"{demo.url}/clinica-austral/configuracion/profesionales/1")
    editor = page.locator(".week-editor").first
    expect(editor.locator(".brush select")).to_be_visible()
    editor.locator("summary").click()
    editor.locator("textarea").fill("lunes 09:00-13:00\nmañana temprano")
    page.locator("form[data-guard] button.primary").first.click()
    page.get_by_text("No entendemos «mañana temprano».").wait_for()
    expect(editor.locator("textarea")).to_be_focused()
    expect(editor.locator("textarea")).to_be_in_viewport()


def test_what_was_drawn_by_mistake_is_taken_back(demo, window):
    page = window(**DESK)
    log_in(page, demo, "clinica-austral", "admin@austral.example")
    page.goto(f"{demo.url}/clinica-austral/configuracion/profesionales/1")
    editor = page.locator(".week-editor").first
    text, undo = editor.locator("textarea"), editor.get_by_role("button", name="Deshacer")
    before = text.input_value()
    expect(undo).to_be_hidden()
    drag_hours(page, editor, (0, 4), (7, 8))
    drawn = text.input_value()
    editor.get_by_role("button", name="Borrar todo").click()
    assert (before != drawn, text.input_value()) == (True, "")
    undo.click()
    assert text.input_value() == drawn
    undo.press("Enter")
    assert text.input_value() == before
    expect(editor.get_by_role("button", name="Borrar todo")).to_be_focused()
    expect(undo).to_be_hidden()


def swipe(page, start, end, *, rest=0):
    """One finger from a point to another; it may rest before it moves."""
    touch = page.context.new_cdp_session(page)

    def send(kind, *points):
        told = [{"x": x, "y": y} for x, y in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

    send("touchStart", start)
    page.wait_for_timeout(rest)
    for part in (n / 8 for n in range(1, 9)):
        send("touchMove", (start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part))
        page.wait_for_timeout(20)
    send("touchEnd")
    page.wait_for_timeout(300)


def test_a_finger_scrolls_past_the_week_and_draws_after_a_rest(demo, window):
    page = window(**PHONE)
    log_in(page, demo, "clinica-austral", "admin@austral.example")
    page.goto(f"{demo.url}/clinica-austral/configuracion/profesionales/1")
    editor = page.locator(".week-editor").first
    text, undo = editor.locator("textarea"), editor.get_by_role("button", name="Deshacer")
    before = text.input_value()
    sunday = editor.locator(".day").nth(6)
    sunday.evaluate("day => day.scrollIntoView({block: 'center'})")
    box = sunday.bounding_box()
    x, low, high = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.7, box["y"] + box["height"] * 0.3
    scrolled = page.evaluate("scrollY")
    swipe(page, (x, low), (x, high))
    assert text.input_value() == before
    assert page.evaluate("scrollY") > scrolled
    sunday.evaluate("day => day.scrollIntoView({block: 'center'})")
    scrolled = page.evaluate("scrollY")
    swipe(page, (x, low), (x, high), rest=400)
    assert page.evaluate("scrollY") == scrolled
    assert text.input_value().splitlines()[-1].startswith("domingo ")
    undo.tap()
    assert text.input_value() == before
    page.touchscreen.tap(x, low)
    assert text.input_value().splitlines()[-1].startswith("domingo ")
    undo.tap()
    assert text.input_value() == before


def test_hours_of_a_branch_come_with_its_tick_until_the_week_is_touched(demo, window):
    page = window(**DESK)
    log_in(page, demo, "clinica-austral", "admin@austral.example")
    page.goto(f"{demo.url}/clinica-austral/configuracion/profesionales/nuevo")
    tick = page.get_by_label("Providencia", exact=True)
    editor = page.locator(".week-editor").first
    text = editor.locator("textarea")
    tick.check()
    of_the_branch = text.input_value()
    assert of_the_branch.splitlines()[0].startswith("lunes ")
    assert editor.locator(".bar-of-hours").count() == len(of_the_branch.splitlines())
    tick.uncheck()
    assert (text.input_value(), editor.is_visible()) == ("", False)
    tick.check()
    editor.get_by_role("button", name="Borrar todo").click()
    tick.uncheck()
    tick.check()
    assert text.input_value() == ""
    drag_hours(page, editor, (0, 0), (9, 10))
    tick.uncheck()
    assert text.input_value() == "lunes 09:00-10:00"


def test_regions_are_those_of_the_country(demo, window):
    page = window(**DESK)
    log_in(page, demo, "clinica-austral", "admin@austral.example")
    page.goto(f"{demo.url}/clinica-austral/configuracion/lista/sucursales/nuevo")
    page.select_option("[name=country]", "ES")
    groups = page.locator("[name=region] optgroup:not([disabled])")
    assert [groups.nth(n).get_attribute("label") for n in range(groups.count())] == ["España"]
    page.select_option("[name=region]", "ES-CT")
    page.select_option("[name=country]", "CL")
    assert page.locator("[name=region]").input_value() == ""


def test_leaving_a_changed_form_asks_first_and_deleting_asks_too(demo, window):
    page = window(**DESK)
    log_in(page, demo, "clinica-austral", "admin@austral.example")
    page.goto(f"{demo.url}/clinica-austral/configuracion/lista/categorias/nuevo")
    page.fill("[name=name]", "De paso")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="Boxes").first.click()
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert page.locator("[name=name]").input_value() == "De paso"
    save(page)
    page.get_by_role("link", name="De paso").click()
    page.get_by_role("button", name="Eliminar").click()
    page.get_by_role("button", name="Volver").click()
    assert page.locator("[name=name]").input_value() == "De paso"
    page.get_by_role("button", name="Eliminar").click()
    page.locator("dialog").get_by_role("button", name="Eliminar").click()
    page.get_by_text("«De paso» se eliminó.").wait_for()


def test_sending_another_form_of_the_page_warns_of_what_was_typed_in_the_first(demo, window):
    page = window(**DESK)
    log_in(page, demo, "clinica-austral", "admin@austral.example")
    page.goto(f"{demo.url}/clinica-austral/configuracion/profesionales/1")
    page.fill("[name=speciality]", "De paso")
    page.fill("[name=date]", "2027-06-01")
    with page.expect_event("dialog") as asked:
        page.once("dialog", lambda dialog: dialog.dismiss())
        page.get_by_role("button", name="Agregar día").click(no_wait_after=True)
    assert asked.value.type == "beforeunload"
    assert page.locator("[name=speciality]").input_value() == "De paso"


def test_the_shell_by_keyboard_alone(demo, window):
    page = window(**DESK)
    log_in(page, demo, "clinica-austral", "recepcion@austral.example")
    page.goto(f"{demo.url}/clinica-austral/pacientes/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Ir al contenido"
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.id") == "search"
    name = page.locator("tbody a").first.inner_text()
    page.keyboard.type(name)
    page.wait_for_selector("#search-results [role=option]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/pacientes/*/")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()


def test_the_rail_folds_and_stays_folded(demo, window):
    page = window(**DESK)
    log_in(page, demo, "clinica-austral", "recepcion@austral.example")
    wide = page.locator(".rail").bounding_box()["width"]
    page.get_by_role("button", name="Nombres de los módulos").click()
    assert page.locator(".rail").bounding_box()["width"] < wide
    page.goto(f"{demo.url}/clinica-austral/pacientes/")
    expect(page.locator(".shell.slim")).to_have_count(1)
    expect(page.get_by_role("link", name="Pacientes")).to_have_count(1)


def test_the_branch_in_the_top_bar_is_remembered(demo, window):
    page = window(**DESK)
    log_in(page, demo, "clinica-austral", "recepcion@austral.example")
    page.locator(".top .menu.start summary").click()
    page.locator(".top .menu.start").get_by_role("link", name="Punta Arenas").click()
    page.wait_for_url("**sucursal=*")
    page.goto(f"{demo.url}/clinica-austral/pacientes/")
    assert "Punta Arenas" in page.locator(".top .menu.start summary").inner_text()
    page.goto(f"{demo.url}/clinica-austral/agenda/")
    assert "Punta Arenas" in page.locator("#zone").inner_text()


def test_a_refused_form_keeps_what_was_typed_and_focuses_the_first_error(demo, window):
    page = window(**DESK)
    log_in(page, demo, "clinica-austral", "recepcion@austral.example")
    page.goto(f"{demo.url}/clinica-austral/pacientes/nuevo")
    page.fill("[name=given_name]", "Eva")
    page.fill("[name=national_id]", "1-2")
    page.fill("[name=email]", "no es")
    page.locator("form[data-guard]").evaluate("form => { form.noValidate = true; form.requestSubmit(); }")
    page.wait_for_selector(".field.wrong")
    assert page.evaluate("document.activeElement.name") == "national_id"
    assert page.locator("[name=national_id]").get_attribute("aria-invalid") == "true"
    assert page.locator("[name=given_name]").input_value() == "Eva"
    assert page.locator("[name=email]").input_value() == "no es"


def test_without_a_connection_a_calm_page_stands_in(demo, window):
    page = window(**PHONE)
    log_in(page, demo, "clinica-austral", "recepcion@austral.example")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    page.goto(f"{demo.url}/clinica-austral/pacientes/")
    page.get_by_role("heading", name="Sin conexión").wait_for()
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).borderRadius") == "12px"
    page.context.set_offline(False)
    page.get_by_role("link", name="Intentar de nuevo").click()
    page.get_by_role("heading", name="Pacientes").wait_for()
