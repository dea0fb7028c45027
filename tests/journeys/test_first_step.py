"""The first step of booking on a cold phone: how much comes over the line, and that it can be tapped soon."""

import pytest

from bench import first_step

pytestmark = [pytest.mark.browser, pytest.mark.server]

FIRST_STEPS = ("fisio-miraflores/", "clinica-austral/", "clinica-austral/?sucursal=1")
MOST_KILOBYTES = 100
MOST_MS = 1_000


@pytest.mark.parametrize("address", FIRST_STEPS)
def test_the_first_step_is_light(demo, chromium, address):
    seen = first_step.visit(chromium, f"{demo.url}/{address}")
    assert seen["kilobytes"] < MOST_KILOBYTES / 2
    assert seen["requests"] <= 6


@pytest.mark.full
@pytest.mark.parametrize("address", FIRST_STEPS)
def test_the_first_choice_can_be_tapped_within_a_second(demo, chromium, address):
    seen = first_step.medians([first_step.visit(chromium, f"{demo.url}/{address}") for _ in range(5)])
    assert seen["tappable_ms"] < MOST_MS
