"""Regions whose holidays differ, of every country we know; a choice is `CL-AP`, kept as `AP`."""

from __future__ import annotations

from functools import lru_cache

from reservo.catalog.closed_days import regions_of
from reservo.catalog.forms.fields import COUNTRIES

Choices = list[tuple[str, list[tuple[str, str]]]]


def region_choices() -> Choices:
    return [
        (str(COUNTRIES[country]), [(f"{country}-{code}", name) for code, name in regions])
        for country, regions in _known()
    ]


@lru_cache(maxsize=1)
def _known() -> list[tuple[str, list[tuple[str, str]]]]:
    found = [(country, sorted(regions_of(country), key=lambda one: one[1])) for country in COUNTRIES]
    return [(country, regions) for country, regions in found if regions]


def joined(country: str, region: str) -> str:
    return f"{country}-{region}" if region else ""


def split(choice: str) -> tuple[str, str]:
    """(country, region)."""
    country, _, region = choice.partition("-")
    return country, region
