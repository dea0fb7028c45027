"""axe-core finds nothing serious on any page a patient sees: phone and desk, light and dark."""

from __future__ import annotations

import os

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.journeys.conftest import DESK, PHONE
from tests.journeys.test_patient import SLUG, WORDS, choose, fill

pytestmark = [pytest.mark.browser, pytest.mark.server]

PHONE_SIZE, DESK_SIZE = PHONE["viewport"], DESK["viewport"]
LOOKS = [(PHONE_SIZE, "light"), (DESK_SIZE, "dark")]
if os.environ.get("RESERVO_FULL"):
    LOOKS += [(PHONE_SIZE, "dark"), (DESK_SIZE, "light")]
GRAVE = ("serious", "critical")


class Auditor:
    """Looks at the page as it stands in every size and scheme."""

    def __init__(self, page):
        self.page, self.axe, self.found = page, Axe(), []

    def look(self, name):
        for viewport, scheme in LOOKS:
            self.page.set_viewport_size(viewport)
            self.page.emulate_media(color_scheme=scheme)
            for wrong in self.axe.run(self.page, options={"resultTypes": ["violations"]}).response[
                "violations"
            ]:
                if wrong["impact"] in GRAVE:
                    nodes = [node["html"][:120] for node in wrong["nodes"][:3]]
                    self.found.append((name, viewport["width"], scheme, wrong["id"], nodes))
            if self.page.evaluate("document.documentElement.scrollWidth") > viewport["width"]:
                self.found.append((name, viewport["width"], scheme, "wider than the screen", []))
        self.page.set_viewport_size(PHONE["viewport"])


def test_no_page_of_the_booking_or_the_visit_has_a_serious_fault(demo, window):
    # axe-core writes styles of its own into the page, and must not look in the middle of a transition.
    page = window(**PHONE, locale="es-ES", bypass_csp=True, reduced_motion="reduce")
    audit = Auditor(page)
    page.goto(f"{demo.url}/{SLUG}/")
    audit.look("branches")
    page.locator("a.choice").first.click()
    audit.look("services")
    page.goto(f"{demo.url}/clinica-austral/?sucursal=1&servicio=1")
    audit.look("practitioners")
    page.goto(f"{demo.url}/{SLUG}/")
    choose(page, WORDS["es-ES"])
    form = page.url
    audit.look("data")
    page.get_by_role("button", name="Reservar", exact=True).click()
    page.locator(".field.wrong").first.wait_for()
    audit.look("errors")
    fill(page, "axe@paciente.example")
    page.get_by_role("button", name="Reservar", exact=True).click()
    page.get_by_role("heading", name="¡Hora reservada!").wait_for()
    audit.look("done")
    visit = page.url.split("?")[0]
    page.goto(form)
    fill(page, "axe2@paciente.example")
    page.get_by_role("button", name="Reservar", exact=True).click()
    page.get_by_text("No perdiste nada de lo escrito.").wait_for()
    audit.look("gone")
    page.get_by_text("Otras horas").click()
    audit.look("gone, open")
    page.locator(".choice").first.click()
    page.get_by_role("link", name="Cambiar la hora").click()
    page.get_by_text("Te estamos guardando").wait_for()
    audit.look("times with an hour held")
    for place in ("", "mover", "cancelar"):
        page.goto(visit + place)
        audit.look(f"visit/{place}")
    page.get_by_role("button", name="Sí, cancelar").click()
    page.get_by_text("Tu cita quedó cancelada.").wait_for()
    audit.look("cancelled")
    for address in ("v/roto/", "privacidad", "?servicio=999"):
        page.goto(f"{demo.url}/{SLUG}/{address}")
        audit.look(address)
    assert audit.found == []
