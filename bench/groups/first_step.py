"""The booking page's first step on a slow phone, cold."""

from __future__ import annotations

from bench import first_step
from bench.figure import Figure, value_at_most
from bench.peers import environment
from tests.installation import Installation

CENTRE = "fisio-miraflores"


def measure() -> list[Figure]:
    environment.debian("chromium", "chromium fonts-dejavu")
    installation = Installation(RESERVO_RATE_LIMITS="off")
    try:
        installation.start("demo")
        found = first_step.measure(f"{installation.url}/{CENTRE}/")
    finally:
        installation.end()
    note = f"{found['requests']:.0f} requests, median of {first_step.RUNS} cold visits"
    return [
        Figure("first-step-bytes", found["kilobytes"], "kB", bar=value_at_most(100), note=note),
        Figure("first-step-tappable", found["tappable_ms"], "ms", bar=value_at_most(1_000), note=note),
    ]
