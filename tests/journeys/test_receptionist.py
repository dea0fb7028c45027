"""A receptionist's day, with a colleague's browser open beside hers."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PASSWORD, PHONE, log_in

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.timeout(240)]

SLUG = "clinica-austral"
RECEPTION, OWNER = "recepcion@austral.example", "admin@austral.example"


class Agenda:
    """The agenda of one browser window, as the person before it uses it."""

    def __init__(self, page, demo, *, day=None, person=RECEPTION):
        self.page, self.demo = page, demo
        log_in(page, demo, SLUG, person)
        self.base = f"{demo.url}/{SLUG}/agenda/"
        self.config = json.loads(page.locator("#agenda-config").text_content())
        self.day = day or self._free_weekday()
        self.open()

    def open(self, **asked):
        query = "&".join(f"{name}={value}" for name, value in {"dia": self.day, **asked}.items())
        self.page.goto(f"{self.base}?{query}")
        self.page.wait_for_selector(".ec-event, .ec-bg-event")

    def _free_weekday(self):
        """A working day of the next two weeks on which the first practitioner has room."""
        today = date.fromisoformat(self.config["now"][:10])
        for n in range(1, 14):
            self.day = (today + timedelta(days=n)).isoformat()
            if len(self.free()) > 1 and any(one["patient"] for one in self.feed()["visits"]):
                return self.day
        raise AssertionError("no free day in the demo")

    def feed(self):
        asked = f"sucursal={self.config['branch']}&desde={self.day}&hasta={self.day}"
        return self.page.request.get(f"{self.base}datos?{asked}").json()

    @property
    def who(self):
        return self.config["practitioners"][0]["id"]

    def free(self):
        """`09:00`, `09:30`… at which the first practitioner and one of the two rooms are free for an hour, apart."""
        data = self.feed()
        busy = [one for name in ("visits", "blocks", "closed", "holds") for one in data[name]]
        mine = [one for one in busy if one.get("practitioner") in (None, self.who)]
        found, minute = [], 8 * 60
        while minute < 19 * 60:
            first, end = (f"{self.day}T{m // 60:02d}:{m % 60:02d}:00" for m in (minute, minute + 60))
            mine_now, all_now = (
                [one for one in some if one["start"] < end and one["end"] > first] for some in (mine, busy)
            )
            if mine_now or len({one["room"] for one in all_now if one.get("room")}) > 1:
                minute += 15
            else:
                found.append(first[11:16])
                minute += 60
        return found

    def visit(self, number):
        return next(one for one in self.feed()["visits"] if one["id"] == number)

    def point(self, clock, column=0):
        """Where on the screen this time of this column is, scrolled into view."""
        self.page.evaluate(
            """([first, last, clock]) => {
                const minutes = (text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
                const body = document.querySelector(".ec-body");
                const day = body.querySelector(".ec-day");
                const part = (minutes(clock) - minutes(first)) / (minutes(last) - minutes(first));
                const main = document.querySelector(".ec-main");
                for (const one of [main, body]) one.scrollTop = part * day.offsetHeight - 200;
            }""",
            [self.config["first"], self.config["last"], clock],
        )
        box = self.page.locator(".ec-body .ec-day").nth(column).bounding_box()
        first, last, wanted = (
            int(text[:2]) * 60 + int(text[3:5]) for text in (self.config["first"], self.config["last"], clock)
        )
        y = box["y"] + box["height"] * (wanted - first + 1) / (last - first)
        return box["x"] + box["width"] / 2, y

    def click_at(self, clock, column=0):
        self.page.mouse.click(*self.point(clock, column))
        self.page.wait_for_selector("#visit-form")

    def choose_patient(self, typed):
        self.page.fill("#patient-typed", typed)
        self.page.wait_for_selector("#patient-list:not([hidden]) [role=option]")
        self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("[data-chosen]")

    def choose_service(self, typed="consulta"):
        self.page.locator("#panel .chip-box input").fill(typed)
        self.page.wait_for_selector("#panel .chip-box .suggestions:not([hidden]) [role=option]")
        self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("#panel .chip")

    def save(self):
        self.page.locator("#visit-form button.primary").click()

    def saved(self):
        """The new visit's id, from the panel that shows it."""
        self.page.wait_for_selector("#panel-state")
        address = self.page.locator("#panel [hx-get*='/editar']").get_attribute("hx-get")
        return int(address.split("/citas/")[1].split("/")[0])

    def make(self, clock, typed="ma"):
        self.click_at(clock)
        self.choose_patient(typed)
        self.choose_service()
        self.save()
        return self.saved()

    def block_of(self, number):
        return self.page.locator(f"[data-visit='{number}']")


@pytest.fixture
def desk(demo, window):
    return Agenda(window(), demo)


def test_what_one_makes_by_a_click_the_other_sees_without_a_reload(demo, window, desk):
    beside = Agenda(window(), demo, day=desk.day, person=OWNER)
    known = next(one["patient"] for one in desk.feed()["visits"] if one["patient"])
    given, surname = known.split()[:2]
    plain = surname.translate(str.maketrans("áéíóúÁÉÍÓÚñÑ", "aeiouAEIOUnN")).lower()
    clock = desk.free()[0]
    desk.click_at(clock)
    assert desk.page.input_value("#visit-form [name=time]") == clock
    desk.choose_patient(f"{plain} {given.lower()}")
    desk.choose_service()
    desk.save()
    made = desk.saved()
    desk.block_of(made).wait_for()
    beside.block_of(made).wait_for(timeout=5_000)
    assert (desk.visit(made)["start"][11:16], desk.visit(made)["practitioner"]) == (clock, desk.who)
    # Off the quarter hour too: staff begin on any five minutes.
    desk.page.locator("#panel [hx-get*='/editar']").click()
    later = f"{clock[:3]}{int(clock[3:]) + 5:02d}"
    desk.page.fill("#visit-form [name=time]", later)
    desk.save()
    desk.page.wait_for_selector("#panel-state")
    assert desk.visit(made)["start"][11:16] == later


def test_a_patient_is_made_in_place(desk):
    desk.click_at(desk.free()[0])
    desk.page.fill("#patient-typed", "Zoraida Quilaqueo")
    desk.page.locator("[data-new-patient] summary").click()
    desk.page.wait_for_function(
        "() => document.querySelector('[name=new_paternal_surname]').value === 'Quilaqueo'"
    )
    desk.choose_service()
    desk.save()
    made = desk.saved()
    assert desk.visit(made)["patient"] == "Zoraida Quilaqueo"


def test_enter_takes_the_first_found_and_never_sends_a_half_made_visit(desk):
    page = desk.page
    before = len(desk.feed()["visits"])
    desk.click_at(desk.free()[0])
    page.keyboard.type("Quintralhue")
    page.keyboard.press("Enter")  # nobody is called so: the new file begins with what was typed
    page.wait_for_function("() => document.querySelector('[name=new_given_name]').value === 'Quintralhue'")
    page.fill("[name=new_given_name]", "")
    page.locator("[data-new-patient] summary").click()
    page.fill("#patient-typed", "")
    page.keyboard.type("ma")
    page.keyboard.press("Enter")  # faster than the list
    page.wait_for_selector("[data-chosen]")
    page.keyboard.type("consulta")
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel .chip")
    assert len(desk.feed()["visits"]) == before
    page.keyboard.press("Enter")
    assert desk.visit(desk.saved())["service"]


def test_what_is_typed_before_the_form_is_there_is_kept_for_it_and_is_no_shortcut(desk):
    page = desk.page
    title = page.locator("#agenda-title").inner_text()
    page.route("**/agenda/nueva**", lambda route: page.keyboard.type("Tawina ") or route.continue_())
    page.mouse.click(*desk.point(desk.free()[0]))
    page.wait_for_selector("#visit-form")
    assert page.input_value("#patient-typed") == "Tawina "
    assert page.locator("#agenda-title").inner_text() == title


def test_the_open_visit_is_shown_as_it_is_after_another_browser_changed_it(demo, window, desk):
    made = desk.make(desk.free()[0])
    beside = Agenda(window(), demo, day=desk.day, person=OWNER)
    beside.block_of(made).click()
    beside.page.locator("#panel .states button.state-confirmed").click()
    desk.page.locator("#panel-state .state-confirmed, #panel-state.state-confirmed").wait_for()
    desk.page.locator("#panel .states button.state-arrived").click()
    desk.page.locator("#panel #panel-state", has_text="Llegó").wait_for()
    expect(desk.page.locator("#panel .note.warn")).to_have_count(0)
    expect(desk.page.locator("#toasts [data-about]")).to_have_count(1)


def test_a_form_refused_twice_breaks_no_policy(desk):
    page = desk.page
    desk.click_at(desk.free()[0])
    desk.choose_patient("ma")
    desk.choose_service()
    page.evaluate("document.querySelector('#visit-form').noValidate = true")
    page.evaluate("document.querySelector('#visit-form textarea').style.height = '90px'")
    page.fill("#visit-form [name=minutes]", "7")
    desk.save()
    page.wait_for_selector("#visit-form .field.wrong, #visit-form .note")


def test_a_visit_of_no_practitioner_has_a_column_of_its_own(desk):
    page = desk.page
    page.keyboard.press("n")
    page.wait_for_selector("#visit-form")
    desk.choose_patient("ma")
    desk.choose_service()
    page.fill("#visit-form [name=time]", desk.free()[0])
    desk.save()
    made = desk.saved()
    desk.block_of(made).wait_for()
    page.locator(".ec-col-head", has_text="Sin profesional").wait_for()


def test_a_click_on_the_grid_gives_the_open_form_its_hour_and_nothing_typed_is_lost(desk):
    page = desk.page
    first, later = desk.free()[:2]
    desk.click_at(first)
    desk.choose_patient("ma")
    page.fill("#visit-form [name=comment]", "viene con silla de ruedas")
    page.mouse.click(*desk.point(later))
    page.wait_for_function(
        "clock => document.querySelector('#visit-form [name=time]').value === clock", arg=later
    )
    assert page.input_value("#visit-form [name=comment]") == "viene con silla de ruedas"
    expect(page.locator("[data-chosen]")).to_have_count(1)
    page.locator("[data-visit]").first.click()
    page.locator("dialog[open] button.primary").click()
    page.keyboard.press("Escape")
    page.locator("dialog[open] button.primary").click()
    assert page.input_value("#visit-form [name=comment]") == "viene con silla de ruedas"
    page.keyboard.press("Escape")
    page.locator("dialog[open] button:not(.primary)").click()
    page.wait_for_selector("#panel", state="hidden")


def test_a_visit_is_booked_from_the_patient_s_file(demo, desk):
    page = desk.page
    page.goto(f"{demo.url}/{SLUG}/pacientes/")
    page.locator("tbody a").first.click()
    name = page.locator("h1").inner_text()
    page.locator("a[href*='?paciente=']").click()
    page.wait_for_selector("#visit-form [data-chosen]")
    assert name in page.locator("[data-chosen]").inner_text()


def test_who_chooses_a_person_for_a_block_does_not_close_the_whole_branch(desk):
    page = desk.page
    page.click("#new-block")
    form = page.locator("#panel form")
    form.locator("[name=practitioner]").select_option(str(desk.who))
    assert form.locator("[name=scope]").input_value() == "practitioner"
    form.locator("[name=scope]").select_option("branch")
    assert form.locator("[name=practitioner]").input_value() == ""


def test_a_block_taken_away_is_put_back(desk):
    page = desk.page
    page.click("#new-block")
    page.wait_for_selector("#panel [name=title]")
    page.fill("#panel [name=title]", "Inventario")
    page.select_option("#panel [name=scope]", "branch")
    page.fill("#panel [name=starts]", "08:00")
    page.fill("#panel [name=ends]", "08:30")
    page.locator("#panel button.primary").click()
    blocks = page.locator(".ec-bg-event.block", has_text="Inventario")
    blocks.first.wait_for()
    page.locator("#panel form[hx-post*='/quitar'] button").first.click()
    blocks.first.wait_for(state="detached")
    page.locator(".toast button").click()
    blocks.first.wait_for()


def test_a_language_is_chosen_in_the_menu_and_the_page_stays_where_it_was(desk):
    page = desk.page
    page.keyboard.press("w")
    page.wait_for_selector("[data-view=semana][aria-pressed=true]")
    asked = page.url
    menu = page.locator("header details.menu").last
    menu.locator("summary").click()
    menu.locator("button[value=en]").click()
    page.wait_for_selector("html[lang=en]")
    assert page.url == asked
    page.locator("header details.menu").last.locator("summary").click()
    page.locator("header button[value=es]").click()
    page.wait_for_selector("html[lang=es]")


def drag_down(desk, number):
    """This visit, to where it ends now."""
    desk.block_of(number).hover()  # once it stands still
    box = desk.block_of(number).bounding_box()
    mouse, x = desk.page.mouse, box["x"] + 60
    mouse.move(x, box["y"] + 8)
    mouse.down()
    mouse.move(x, box["y"] + 20, steps=4)
    mouse.move(x, box["y"] + 8 + box["height"], steps=8)
    mouse.up()


def test_dragging_asks_once_whether_to_tell_and_can_be_undone(desk):
    first = desk.free()[0]
    made = desk.make(first)
    desk.page.keyboard.press("Escape")
    desk.point(first)
    drag_down(desk, made)
    desk.page.wait_for_selector("dialog[open]")
    expect(desk.page.locator("dialog[open]")).to_have_count(1)
    desk.page.locator("dialog[open] button[value=no]").click()
    moved = desk.page.locator(".toast", has_text="movida")
    moved.wait_for()
    assert desk.visit(made)["start"][11:16] > first
    expect(desk.page.locator("dialog[open]")).to_have_count(0)
    moved.locator("button").click()
    desk.page.wait_for_selector("#panel-state")
    assert desk.visit(made)["start"][11:16] == first


def pull(desk, number, by):
    """The lower edge of this visit, so many pixels down."""
    box = desk.block_of(number).bounding_box()
    mouse, x, bottom = desk.page.mouse, box["x"] + box["width"] / 2, box["y"] + box["height"]
    mouse.move(x, bottom - 3)
    mouse.down()
    mouse.move(x, bottom + by / 2, steps=4)
    mouse.move(x, bottom + by, steps=4)
    mouse.up()


def test_pulling_says_that_the_length_changed_and_is_taken_back(desk):
    first = desk.free()[0]
    made = desk.make(first)
    before = desk.visit(made)
    desk.page.keyboard.press("Escape")
    desk.point(first)
    desk.block_of(made).hover()  # once it stands still
    pull(desk, made, 19)
    told = desk.page.locator(".toast", has_text="Duración cambiada")
    told.wait_for()
    after = desk.visit(made)
    assert (after["start"], after["end"] > before["end"]) == (before["start"], True)
    told.locator("button").click()
    desk.page.locator(".toast", has_text="Deshecho").wait_for()
    assert desk.visit(made)["end"] == before["end"]


def test_what_is_in_the_way_is_named_before_anything_else_is_asked(desk):
    first = desk.free()[0]
    made = desk.make(first)
    before = desk.visit(made)
    after = before["end"][11:16]
    other = desk.visit(desk.make(after))
    desk.page.keyboard.press("Escape")
    desk.point(first)
    desk.block_of(made).hover()  # once it stands still
    pull(desk, made, 30)
    dialog = desk.page.locator("dialog[open]")
    dialog.wait_for()
    said = dialog.inner_text()
    assert ("ya está tomada" in said, f"{after}–" in said, other["patient"] in said) == (True, True, True)
    dialog.locator("button", has_text="Volver").click()
    dialog.wait_for(state="detached")
    assert desk.visit(made)["end"] == before["end"]


@pytest.mark.parametrize(
    ("reasons", "leaves", "label"),
    [
        (["Fuera de las reglas: es feriado."], ["outside_rules"], "Agendar igual"),
        (
            ["Fuera de las reglas: es feriado.", "Esa hora ya está tomada."],
            ["outside_rules", "overbook"],
            "Agendar igual, con sobrecupo",
        ),
    ],
    ids=["one", "two"],
)
def test_before_the_patient_is_told_all_that_is_against_the_hour_is_said_at_once(
    desk, reasons, leaves, label
):
    first = desk.free()[0]
    made = desk.make(first)
    desk.page.keyboard.press("Escape")
    desk.point(first)
    refusal = {"code": "outside_rules", "message": " ".join(reasons), "reasons": reasons}
    asked = []

    def answer(route):
        asked.append(route.request.post_data)
        if all(f"{leave}=1" in asked[-1] for leave in leaves):
            route.continue_()
        else:
            route.fulfill(status=409, json={**refusal, "leaves": leaves, "label": label})

    desk.page.route("**/mover", answer)
    drag_down(desk, made)
    dialog = desk.page.locator("dialog[open]")
    for reason in reasons:
        expect(dialog).to_contain_text(reason)
    dialog.locator("button.primary", has_text=label).click()
    dialog.locator("button[value=no]").click()
    desk.page.locator(".toast", has_text="movida").wait_for()
    assert ["tell=ask" in one for one in asked] == [True, True, False]


SHOWN_IN_BLOCKS = """() => [...document.querySelectorAll("[data-visit] .visit")].flatMap((visit) => {
    const block = visit.getBoundingClientRect();
    const shown = (one) => {
        const box = one.getBoundingClientRect();
        return box.width && box.top < block.bottom - 3 ? box : null;
    };
    const name = visit.querySelector(".who"), service = visit.querySelector(".what");
    const clock = shown(visit.querySelector(".clock")), who = shown(name), what = shown(service);
    const wrong = [];
    if (!clock || clock.right > block.right + 1) wrong.push("hour");
    if (!who || who.bottom > block.bottom + 2 || who.width < Math.min(name.scrollWidth, 24)) wrong.push("name");
    if (what && Math.min(what.right, block.right) - what.left < Math.min(service.scrollWidth, 48))
        wrong.push("service");
    return wrong.map((one) => `${one} of ${visit.title} in ${block.width}×${block.height}`);
})"""


@pytest.mark.parametrize(
    ("width", "view"), [(1440, "dia"), (1440, "semana"), (768, "semana"), (360, "semana")]
)
def test_blocks_show_hour_and_name_and_of_the_service_a_word_or_nothing(demo, window, width, view):
    desk = Agenda(window(viewport={"width": width, "height": 900}), demo)
    desk.open(vista=view)
    desk.page.locator(".ec-event .visit").first.wait_for()
    assert desk.page.evaluate(SHOWN_IN_BLOCKS) == []


def test_states_follow_the_day_and_are_taken_back(desk):
    made = desk.make(desk.free()[0])
    panel = desk.page.locator("#panel")
    panel.locator(".states button.state-confirmed").click()
    panel.locator("#panel-state .state-confirmed, #panel-state.state-confirmed").wait_for()
    panel.locator(".states button.state-arrived").click()
    panel.locator("#panel-state .state-arrived").wait_for()
    panel.locator("form[hx-post*='deshacer'] button").click()
    panel.locator("#panel-state .state-confirmed").wait_for()
    assert desk.visit(made)["state"] == "confirmed"
    trail = panel.locator(".trail").last.inner_text()
    assert "→" in trail


def test_overbooking_is_warned_of_and_marked(desk):
    clock = desk.free()[0]
    desk.make(clock)
    desk.page.keyboard.press("Escape")
    desk.page.keyboard.press("n")
    desk.page.wait_for_selector("#visit-form")
    desk.choose_patient("an")
    desk.choose_service()
    desk.page.fill("#visit-form [name=time]", clock)
    desk.page.select_option("#visit-form [name=practitioner]", str(desk.who))
    desk.page.select_option("#visit-form [name=room]", label="Box 1")
    desk.save()
    desk.page.check("#visit-form [name=overbook]")
    desk.save()
    made = desk.saved()
    desk.block_of(made).locator(".visit.over").wait_for()
    assert desk.visit(made)["over"] is True


def test_a_block_over_visits_lists_them_and_offers_to_move_them(desk):
    clock, later, *_ = desk.free()
    made = desk.make(clock)
    desk.page.keyboard.press("Escape")
    desk.page.click("#new-block")
    desk.page.wait_for_selector("#panel [name=title]")
    desk.page.fill("#panel [name=title]", "Reunión de equipo")
    desk.page.select_option("#panel [name=scope]", "practitioner")
    desk.page.select_option("#panel [name=practitioner]", str(desk.who))
    desk.page.fill("#panel [name=starts]", clock)
    desk.page.fill("#panel [name=ends]", f"{int(clock[:2]) + 1:02d}{clock[2:]}")
    desk.page.locator("#panel button.primary").click()
    under = desk.page.locator(f"#panel .in-the-way [hx-get*='/citas/{made}/editar']")
    under.click()
    desk.page.wait_for_selector("#visit-form")
    assert desk.page.input_value("#visit-form [name=time]") == clock
    desk.block_of(made).wait_for()
    desk.page.fill("#visit-form [name=time]", later)
    desk.save()
    desk.page.get_by_role("heading", name="Reunión de equipo").wait_for()
    under.wait_for(state="detached")
    assert desk.visit(made)["start"][11:16] == later
    desk.page.locator(".ec-bg-event.block").first.wait_for()


def test_the_second_of_two_who_edit_one_visit_is_told(demo, window, desk):
    made = desk.make(desk.free()[0])
    beside = Agenda(window(), demo, day=desk.day, person=OWNER)
    desk.page.locator("#panel [hx-get*='/editar']").click()
    desk.page.fill("#visit-form [name=comment]", "lo de la mañana")
    beside.block_of(made).click()
    beside.page.locator("#panel .states button.state-confirmed").click()
    beside.page.locator("#panel-state .state-confirmed").wait_for()
    desk.save()
    told = desk.page.locator("#panel .note.warn")
    told.wait_for()
    assert "cambió esta cita" in told.inner_text()
    assert desk.page.input_value("#visit-form [name=comment]") == "lo de la mañana"
    assert (desk.visit(made)["state"], desk.visit(made)["note"]) == ("confirmed", False)
    desk.save()
    desk.page.wait_for_selector("#panel-state")
    assert (desk.visit(made)["state"], desk.visit(made)["note"]) == ("confirmed", True)


def test_a_booking_from_the_page_appears_without_a_reload(demo, desk):
    api = f"{demo.url}/api/v1/public/{SLUG}"
    centre = desk.page.request.get(api).json()
    service = next(
        one
        for one in centre["services"]
        if desk.who in one["practitioners"] and desk.config["branch"] in one["branches"]
    )
    asked = f"service={service['id']}&branch={desk.config['branch']}&practitioner={desk.who}"
    offered = desk.page.request.get(f"{api}/availability?{asked}&from={desk.day}&to={desk.day}")
    assert offered.status == 200, offered.text()
    days = offered.json()["days"]
    made = desk.page.request.post(
        f"{api}/appointments",
        data={
            "service": service["id"],
            "branch": desk.config["branch"],
            "practitioner": desk.who,
            "starts_at": days[0]["times"][0]["starts_at"],
            "patient": {
                "given_name": "Ximena",
                "paternal_surname": "Retamal",
                "maternal_surname": "Godoy",
                "email": "ximena@paciente.example",
                "phone": "+56 9 6123 4567",
                "national_id": "12.345.678-5",
                "country": "CL",
                "foreigner": False,
            },
            "comment": "",
            "privacy_accepted": True,
        },
    )
    assert made.status == 201, made.text()
    desk.page.locator(".ec-event", has_text="Ximena Retamal").first.wait_for(timeout=5_000)


def test_the_day_is_done_by_keyboard_alone(desk):
    page = desk.page
    title = page.locator("#agenda-title")
    before = title.inner_text()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "before => document.getElementById('agenda-title').innerText !== before", arg=before
    )
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        "before => document.getElementById('agenda-title').innerText === before", arg=before
    )
    page.keyboard.press("w")
    page.wait_for_selector("[data-view=semana][aria-pressed=true]")
    page.keyboard.press("d")
    page.wait_for_selector("[data-view=dia][aria-pressed=true]")
    page.keyboard.press("?")
    page.wait_for_selector("dialog#keys[open]")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") in ("search", "text")
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")

    clock = desk.free()[0]
    page.keyboard.press("n")
    page.wait_for_function("() => document.activeElement.id === 'patient-typed'")
    page.keyboard.type("ma")
    page.wait_for_selector("#patient-list:not([hidden]) [role=option]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-chosen]")
    page.keyboard.type("consulta")
    page.wait_for_selector("#panel .chip-box .suggestions:not([hidden]) [role=option]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.fill("#visit-form [name=time]", clock)
    page.select_option("#visit-form [name=practitioner]", str(desk.who))
    page.focus("#visit-form [name=comment]")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    made = desk.saved()
    page.keyboard.press("Escape")
    desk.block_of(made).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel-state")
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel", state="hidden")
    page.keyboard.press("t")
    page.wait_for_function("day => new URLSearchParams(location.search).get('dia') !== day", arg=desk.day)


@pytest.mark.parametrize("lost", [None, "reservo_session"])
def test_a_form_outlives_the_session_and_is_saved_after_a_log_in_beside_it(desk, lost):
    page, clock = desk.page, desk.free()[0]
    desk.click_at(clock)
    desk.choose_patient("ma")
    desk.choose_service()
    page.fill("#visit-form [name=comment]", "Viene con su hermana")
    page.context.clear_cookies(name=lost)
    desk.save()
    link = page.locator("#visit-form [data-session-over] a")
    assert link.inner_text() == "Entrar en otra pestaña"
    assert page.evaluate("document.activeElement === document.querySelector('[data-session-over] a')")
    page.evaluate("document.dispatchEvent(new CustomEvent('live:resync'))")
    with page.expect_popup() as opened:
        page.keyboard.press("Enter")
    _enter(opened.value, RECEPTION)
    assert page.input_value("#visit-form [name=comment]") == "Viene con su hermana"
    desk.save()
    assert desk.visit(desk.saved())["start"][11:16] == clock


def test_a_page_s_form_outlives_the_session_too(demo, desk):
    page = desk.page
    page.goto(f"{demo.url}/{SLUG}/pacientes/nuevo")
    page.fill("[name=given_name]", "Rosa")
    page.fill("[name=paternal_surname]", "Larga-Espera")
    page.context.clear_cookies()
    page.locator("form[data-guard] button.primary").click()
    with page.expect_popup() as opened:
        page.click("[data-session-over] a")
    _enter(opened.value, RECEPTION)
    page.locator("form[data-guard] button.primary").click()
    page.get_by_role("heading", name="Rosa Larga-Espera").wait_for()


def _enter(page, email):
    page.fill("input[type=email]", email)
    page.fill("input[type=password]", PASSWORD)
    page.press("input[type=password]", "Enter")
    page.wait_for_url("**/agenda/**")
    page.close()


def test_an_hour_is_moved_by_keyboard_and_the_focus_comes_back_to_the_visit(desk):
    page, clock = desk.page, desk.free()[0]
    made = desk.make(clock)
    page.locator("#panel [hx-get*='/editar']").press("Enter")
    page.wait_for_function("() => document.activeElement.id === 'id_time'")
    page.fill("#id_time", f"{clock[:3]}{int(clock[3:]) + 5:02d}")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#panel-state")
    assert desk.visit(made)["start"][14:16] == f"{int(clock[3:]) + 5:02d}"
    page.keyboard.press("Escape")
    page.wait_for_function("id => document.activeElement.matches(`[data-visit='${id}']`)", arg=str(made))


def test_visits_that_are_drawn_again_leave_the_keyboard_its_place(desk):
    page = desk.page
    block = page.locator("[data-visit]").first
    number = block.get_attribute("data-visit")
    block.focus()
    block.evaluate("block => block.dataset.drawn = 'before'")
    page.evaluate("document.dispatchEvent(new CustomEvent('live:resync'))")
    page.wait_for_selector("[data-visit]:not([data-drawn])")
    page.wait_for_function("() => !document.querySelector('[data-drawn]')")
    page.wait_for_function("id => document.activeElement.dataset.visit === id", arg=number)
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#panel-state[data-shows='{number}']")


def test_hours_that_are_not_read_yet_are_not_taken_for_free_ones(desk):
    page, later = desk.page, []
    days = page.locator("#strip [aria-current]")
    page.route("**/agenda/datos?**", lambda route: later.append(route))
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#work[data-reading=going][data-unknown][aria-busy=true]")
    assert days.get_attribute("data-date") != desk.day
    with page.expect_request("**/agenda/datos?**"):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function("day => new URLSearchParams(location.search).get('dia') === day", arg=desk.day)
    later[-1].continue_()
    page.wait_for_selector("#work:not([data-reading])")
    assert page.locator("[data-visit]").count()


def test_a_day_that_cannot_be_read_says_so_and_is_read_when_it_can_be(desk):
    page = desk.page
    page.route("**/agenda/datos?**", lambda route: route.abort())
    page.keyboard.press("ArrowRight")
    page.get_by_role("alert").get_by_text("Aquí puede haber citas que no se ven").wait_for()
    page.wait_for_selector("#work[data-unknown]")
    page.keyboard.press("ArrowLeft")
    page.get_by_role("alert").get_by_text("Lo que ves puede estar atrasado").wait_for()
    page.unroute("**/agenda/datos?**")
    page.get_by_role("button", name="Reintentar").click()
    page.wait_for_selector("#unread", state="hidden")
    assert page.locator("[data-visit]").count()
    page.route("**/agenda/datos?**", lambda route: route.abort())
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#unread")
    page.unroute("**/agenda/datos?**")
    page.wait_for_selector("#unread", state="hidden", timeout=10_000)


def test_suspended_visits_that_could_not_be_read_are_said_to_be_missing(desk):
    page = desk.page
    page.route("**/agenda/datos?**", lambda route: route.abort())
    page.locator("#freed").evaluate("box => box.click()")
    page.get_by_role("alert").get_by_text("Aquí puede haber citas que no se ven").wait_for()
    page.unroute("**/agenda/datos?**")
    page.get_by_role("button", name="Reintentar").click()
    page.wait_for_selector("#unread", state="hidden")


def test_another_visit_is_made_like_an_earlier_one(desk):
    page, (clock, later, *_) = desk.page, desk.free()
    made = desk.make(clock)
    first = desk.visit(made)
    page.wait_for_selector(f".shown[data-visit='{made}']")
    expect(page.locator(".shown")).to_have_count(1)
    page.get_by_role("button", name="Otra cita").click()
    page.wait_for_function("() => document.activeElement.id === 'id_time'")
    page.fill("#id_time", later)
    desk.save()
    page.wait_for_function(
        "id => ![undefined, id].includes(document.getElementById('panel-state')?.dataset.shows)",
        arg=str(made),
    )
    again = desk.visit(desk.saved())
    assert again["start"][11:16] == later
    assert all(again[name] == first[name] for name in ("patient", "service", "practitioner"))


def test_a_visit_that_the_address_names_is_open_marked_and_in_view(desk):
    last = max((one for one in desk.feed()["visits"] if one["patient"]), key=lambda one: one["start"])
    desk.page.goto(f"{desk.base}?cita={last['id']}")
    shown = desk.page.locator(f".shown[data-visit='{last['id']}']")
    shown.wait_for()
    desk.page.wait_for_function(
        "block => { const { top, bottom } = block.getBoundingClientRect(); return top > 150 && bottom < innerHeight; }",
        arg=shown.element_handle(),
    )


def test_filters_show_one_person_or_one_room(desk):
    page = desk.page
    page.select_option("#who", str(desk.who))
    page.wait_for_function("() => document.querySelectorAll('.ec-col-head').length === 1")
    page.reload()
    page.wait_for_selector(".ec-event")
    expect(page.locator(".ec-col-head")).to_have_count(1)
    page.click("[data-by=box]")
    page.wait_for_function("count => document.querySelectorAll('.ec-col-head').length === count", arg=3)


def test_on_a_phone_one_person_fills_the_screen_and_a_swipe_shows_the_next(demo, window):
    phone = Agenda(window(**PHONE), demo)
    page = phone.page
    names = [one["name"] for one in phone.config["practitioners"]]
    head = page.locator(".ec-col-head")
    assert (head.count(), head.inner_text().strip().endswith(names[0])) == (1, True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.evaluate(
        """() => {
            const place = document.getElementById("calendar");
            const touch = (x) => new Touch({ identifier: 1, target: place, clientX: x, clientY: 400 });
            place.dispatchEvent(new TouchEvent("touchstart", { touches: [touch(300)], bubbles: true }));
            place.dispatchEvent(new TouchEvent("touchend", { changedTouches: [touch(80)], bubbles: true }));
        }"""
    )
    page.locator(".ec-col-head", has_text=names[1]).wait_for()
    page.click("#new")
    page.wait_for_selector("#visit-form")
    assert page.locator("#panel").bounding_box()["width"] == 360
