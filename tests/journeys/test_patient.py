"""A patient books, confirms by the mail's link, moves and cancels; on a phone and a desktop, in Spanish and English."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import DESK, PHONE, log_in

pytestmark = [pytest.mark.browser, pytest.mark.server]

SLUG = "estetica-gran-via"
WORDS = {
    "es-ES": {
        "who": "Quien esté libre antes",
        "needed": "Este dato hace falta.",
        "book": "Reservar",
        "done": "¡Hora reservada!",
        "soon": "Te escribir|Te escribimos",
        "see": "Ver mi cita",
        "confirm": "Confirmar que voy",
        "confirmed": "¡Gracias! Tu cita quedó confirmada.",
        "move": "Cambiar la hora",
        "moved": "Listo: tu cita tiene nueva hora.",
        "cancel": "Cancelar la cita",
        "sure": "Sí, cancelar",
        "cancelled": "Tu cita quedó cancelada.",
    },
    "en-GB": {
        "who": "Whoever",
        "needed": "needed|required",
        "book": "Book",
        "done": "booked",
        "soon": "email|write",
        "see": "appointment",
        "confirm": "onfirm",
        "confirmed": "confirmed",
        "move": "Change the time",
        "moved": "new time",
        "cancel": "Cancel the appointment",
        "sure": "Yes, cancel",
        "cancelled": "cancelled",
    },
}
SECONDS_FOR_MAIL = 40


@pytest.fixture(scope="module")
def prompt(demo, chromium):
    """The centre sends its confirmations at once, set by its administrator on the screen."""
    context = chromium.new_context(locale="es-ES", **DESK)
    page = context.new_page()
    log_in(page, demo, SLUG, "admin@granvia.example")
    page.goto(f"{demo.url}/{SLUG}/configuracion/correos")
    page.fill("[name=confirmation_delay_minutes]", "0")
    page.locator("form[data-guard] button.primary").click()
    page.get_by_text("Cambios guardados.").first.wait_for()
    context.close()


def pattern(words):
    import re

    return re.compile(words)


def choose(page, words):
    """From the first page to the form, on a day far enough for every cut-off."""
    page.locator("a.choice").first.click()
    page.locator("a.choice").first.click()
    page.locator("a.choice, a.day").first.wait_for()
    if page.locator("a.day").count() == 0:
        page.get_by_role("link", name=pattern(words["who"])).click()
    free = page.locator("a.day:not(.turn)")
    free.nth(min(4, free.count() - 1)).click()
    page.locator(".times button").first.click()
    page.wait_for_selector("form[data-once]")


def fill(page, email):
    for name, typed in {
        "given_name": "Lucía",
        "paternal_surname": "Santana",
        "email": email,
        "phone": "612 345 678",
    }.items():
        page.fill(f"[name={name}]", typed)
    page.check("[name=privacy_accepted]")


def mails_to(page, demo, email, count):
    """Addresses of the mails to this patient in the demo's mailbox, oldest first, once there are so many."""
    end = time.monotonic() + SECONDS_FOR_MAIL
    while time.monotonic() < end:
        page.goto(f"{demo.url}/mailbox/")
        found = page.locator("li", has_text=email).locator("a").evaluate_all("all => all.map(a => a.href)")
        if len(found) >= count:
            return found[::-1]
        page.wait_for_timeout(500)
    raise AssertionError(f"{len(found)} of {count} mails to {email}")


@pytest.mark.parametrize("locale", list(WORDS))
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_patient_books_confirms_moves_and_cancels(demo, window, prompt, size, locale):
    words, email = WORDS[locale], f"lucia.{len(size)}.{locale.lower()}@paciente.example"
    page = window(**size, locale=locale)
    page.goto(f"{demo.url}/{SLUG}/")
    choose(page, words)
    assert page.locator("[data-clock]").inner_text() <= "9:59"
    page.get_by_role("button", name=words["book"], exact=True).click()
    page.locator(".field.wrong").first.wait_for()
    expect(page.locator(".field.wrong")).to_have_count(5)
    assert page.evaluate("document.activeElement.name") == "given_name"
    fill(page, email)
    page.get_by_role("button", name=words["book"], exact=True).click()
    page.get_by_role("heading", name=pattern(words["done"])).wait_for()
    expect(page.get_by_text(pattern(words["soon"])).first).to_be_visible()
    expect(page.get_by_text("UTC+1").first).to_be_visible()

    page.goto(mails_to(page, demo, email, 1)[0])
    assert "UTC+1" in page.content()
    page.frame_locator("iframe").get_by_role("link", name=pattern(words["see"])).first.click()
    page.wait_for_url("**/v/**")
    page.get_by_role("button", name=pattern(words["confirm"])).click()
    page.get_by_text(words["confirmed"]).first.wait_for()

    page.get_by_role("link", name=words["move"]).click()
    before = page.locator(".summary .when").inner_text()
    page.locator("a.day:not(.turn)").last.click()
    page.locator(".times button").last.click()
    page.get_by_text(words["moved"]).wait_for()
    assert before.split(" ", 1)[1] not in page.locator(".facts").inner_text()

    page.goto(mails_to(page, demo, email, 2)[1])
    page.frame_locator("iframe").get_by_role("link", name=pattern("Cancel")).click()
    page.wait_for_url("**/cancelar**")
    page.get_by_role("button", name=words["sure"]).click()
    page.get_by_text(words["cancelled"]).first.wait_for()
    assert len(mails_to(page, demo, email, 3)) == 3
    assert [cookie for cookie in page.context.cookies() if "csrf" not in cookie["name"]] == []


def test_everything_works_to_the_end_without_scripts(demo, window, prompt):
    email = "sin.scripts@paciente.example"
    words = WORDS["es-ES"]
    page = window(**PHONE, locale="es-ES", java_script_enabled=False)
    page.goto(f"{demo.url}/{SLUG}/")
    choose(page, words)
    assert page.locator("[data-clock]").inner_text() == "10 min"
    page.get_by_role("button", name="Reservar", exact=True).click()
    expect(page.locator(".field.wrong")).to_have_count(5)
    fill(page, email)
    page.get_by_role("button", name="Reservar", exact=True).click()
    expect(page.get_by_role("heading", name="¡Hora reservada!")).to_be_visible()
    address = page.url.split("?")[0]
    page.goto(address)
    page.get_by_role("button", name="Confirmar que voy").click()
    expect(page.get_by_text(words["confirmed"])).to_be_visible()
    page.get_by_role("link", name="Cambiar la hora").click()
    page.locator("a.day:not(.turn)").last.click()
    page.locator(".times button").last.click()
    expect(page.get_by_text(words["moved"])).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Agregar a mi calendario").click()
    assert download.value.suggested_filename == "cita.ics"
    page.get_by_role("link", name="Cancelar la cita").click()
    page.get_by_role("button", name="Sí, cancelar").click()
    expect(page.get_by_text(words["cancelled"])).to_be_visible()
    assert page.context.cookies() == []


def test_an_hour_taken_meanwhile_costs_nothing_that_was_typed_even_without_scripts(demo, window):
    page = window(**PHONE, locale="es-ES", java_script_enabled=False)
    page.goto(f"{demo.url}/{SLUG}/")
    choose(page, WORDS["es-ES"])
    rival = window(**DESK, locale="es-ES")
    rival.goto(page.url)
    fill(rival, "rival@paciente.example")
    rival.get_by_role("button", name="Reservar", exact=True).click()
    rival.get_by_role("heading", name="¡Hora reservada!").wait_for()
    fill(page, "segunda@paciente.example")
    page.get_by_role("button", name="Reservar", exact=True).click()
    page.get_by_text("No perdiste nada de lo escrito.").wait_for()
    expect(page.locator(".choice")).to_have_count(3)
    page.locator(".choice").first.click()
    assert page.input_value("[name=email]") == "segunda@paciente.example"
    page.get_by_role("button", name="Reservar", exact=True).click()
    page.get_by_role("heading", name="¡Hora reservada!").wait_for()


def test_the_whole_booking_is_done_by_keyboard_alone(demo, window):
    page = window(**DESK, locale="es-ES")
    page.goto(f"{demo.url}/{SLUG}/")

    def tab_to(selector):
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(selector)

    def press_enter_on(selector):
        tab_to(selector)
        with page.expect_navigation():
            page.keyboard.press("Enter")

    while page.locator(".times").count() == 0:
        press_enter_on("a.choice")
    press_enter_on(".times button")
    typed = {
        "given_name": "Tecla",
        "paternal_surname": "Sola",
        "email": "tecla@paciente.example",
        "phone": "612345679",
    }
    for name, value in typed.items():
        tab_to(f"[name={name}]")
        page.keyboard.type(value)
    tab_to("[name=privacy_accepted]")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="¡Hora reservada!").wait_for()


HIDDEN = """() => {
  const focused = document.activeElement, summary = document.querySelector(".summary");
  const below = summary.getBoundingClientRect().bottom;
  return summary.contains(focused) || focused.getBoundingClientRect().top >= below - 1 ? "" : focused.name;
}"""


def test_going_back_with_the_keyboard_no_field_is_hidden_behind_the_summary(demo, window):
    page = window(viewport={"width": 320, "height": 640}, locale="es-ES")
    page.goto(f"{demo.url}/{SLUG}/")
    choose(page, WORDS["es-ES"])
    fields = page.locator("form[data-draft] [name]:visible")
    fields.last.focus()
    for _ in range(fields.count() - 1):
        page.keyboard.press("Shift+Tab")
        assert page.evaluate(HIDDEN) == ""


def test_a_service_of_120_letters_leaves_the_screen_to_the_form(demo, window):
    page = window(viewport={"width": 320, "height": 568}, locale="es-ES")
    page.goto(f"{demo.url}/{SLUG}/")
    choose(page, WORDS["es-ES"])
    before = page.locator(".summary").bounding_box()["height"]
    page.locator(".summary .part > span", has_text="Higiene facial").evaluate(
        "name => name.textContent = 'Rehabilitación '.repeat(8)"
    )
    one_line = 20
    assert page.locator(".summary").bounding_box()["height"] <= before + one_line
    assert before <= 568 / 4
    expect(page.locator(".summary .when")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_going_back_after_a_refused_form_never_asks_to_send_it_again(demo, window):
    page = window(**PHONE, locale="es-ES")
    page.goto(f"{demo.url}/{SLUG}/")
    choose(page, WORDS["es-ES"])
    page.get_by_role("button", name="Reservar", exact=True).click()
    page.locator(".field.wrong").first.wait_for()
    page.reload()
    expect(page.locator("[data-clock]")).to_have_count(1)
    page.get_by_role("button", name="Reservar", exact=True).click()
    page.locator(".field.wrong").first.wait_for()
    fill(page, "vuelve@paciente.example")
    page.get_by_role("button", name="Reservar", exact=True).click()
    page.get_by_role("heading", name="¡Hora reservada!").wait_for()
    page.go_back()
    page.get_by_role("heading", name="Tus datos").wait_for()


def at_the_form(demo, window):
    page = window(**PHONE, locale="es-ES")
    page.goto(f"{demo.url}/{SLUG}/")
    choose(page, WORDS["es-ES"])
    return page


def test_a_reload_and_the_way_back_to_a_held_hour_keep_what_was_typed_until_it_is_booked(demo, window):
    page = at_the_form(demo, window)
    fill(page, "recarga@paciente.example")
    page.reload()
    assert page.input_value("[name=email]") == "recarga@paciente.example"
    page.get_by_role("link", name="Cambiar la hora").click()
    page.get_by_role("link", name="Seguir con esa hora").click()
    assert page.input_value("[name=given_name]") == "Lucía"
    page.get_by_role("button", name="Reservar", exact=True).click()
    page.get_by_role("heading", name="¡Hora reservada!").wait_for()
    assert page.evaluate("sessionStorage.length") == 0


def test_another_form_in_the_same_tab_shows_nothing_that_was_typed_in_the_first(demo, window):
    page = at_the_form(demo, window)
    fill(page, "primera@paciente.example")
    page.goto(f"{demo.url}/{SLUG}/")
    choose(page, WORDS["es-ES"])
    assert page.input_value("[name=email]") == ""


@pytest.mark.parametrize("arrives", [False, True], ids=["never-arrived", "answer-lost"])
def test_a_connection_that_breaks_while_booking_costs_nothing_and_books_once(demo, window, arrives):
    page = at_the_form(demo, window)
    fill(page, f"cortada.{arrives}@paciente.example".lower())
    booked = []

    def broken_once(route):
        if route.request.method != "POST" or booked:
            route.continue_()
            return
        answer = route.fetch(max_redirects=0) if arrives else None
        booked.append(answer.headers["location"] if answer else "")
        route.abort("connectionreset")

    page.route("**/reservar/datos*", broken_once)
    page.get_by_role("button", name="Reservar", exact=True).click()
    page.get_by_role("heading", name="¡Hora reservada!").wait_for()
    assert page.url.endswith(booked[0])


def test_confirming_and_cancelling_outlast_a_lost_network_too(demo, window):
    page = at_the_form(demo, window)
    fill(page, "sin.red.despues@paciente.example")
    page.get_by_role("button", name="Reservar", exact=True).click()
    page.get_by_role("heading", name="¡Hora reservada!").wait_for()
    own = page.url.split("?")[0]
    page.goto(own)
    for button, done in [
        ("Confirmar que voy", "¡Gracias! Tu cita quedó confirmada."),
        ("Sí, cancelar", "Tu cita quedó cancelada."),
    ]:
        page.context.set_offline(True)
        page.get_by_role("button", name=button).click()
        page.get_by_text("No hay conexión.").wait_for()
        page.context.set_offline(False)
        page.get_by_role("button", name=button).click()
        page.get_by_text(done).wait_for()
        page.goto(f"{own}cancelar")


def test_a_step_says_at_once_that_it_was_pressed(demo, window):
    page = window(**PHONE, locale="es-ES")
    page.goto(f"{demo.url}/{SLUG}/")
    said = []
    page.on("console", lambda message: message.type == "log" and said.append(message.text))
    page.evaluate(
        "addEventListener('click', event => console.log(event.target.closest('a').getAttribute('aria-busy')))"
    )
    page.locator("a.choice").first.click()
    page.wait_for_url("**sucursal=**")
    assert said == ["true"]


def test_without_a_network_the_form_stays_and_says_so(demo, window):
    page = at_the_form(demo, window)
    fill(page, "sin.red@paciente.example")
    page.context.set_offline(True)
    page.get_by_role("button", name="Reservar", exact=True).click()
    page.get_by_text("No hay conexión.").wait_for()
    page.context.set_offline(False)
    page.get_by_role("button", name="Reservar", exact=True).click()
    page.get_by_role("heading", name="¡Hora reservada!").wait_for()
