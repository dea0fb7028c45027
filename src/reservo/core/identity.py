"""National ids by country: checked, kept in one form, shown as their country writes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from stdnum.ar import cuit
from stdnum.ar import dni as ar_dni
from stdnum.cl import rut
from stdnum.ec import ci as ec_ci
from stdnum.es import dni as es_dni
from stdnum.es import nie as es_nie
from stdnum.exceptions import ValidationError
from stdnum.mx import curp
from stdnum.pe import cui as pe_cui

LONGEST = 30
_FREE = re.compile(r"[A-Z0-9][A-Z0-9 .\-/]{2,29}")
_LABELS = {
    "CL": "RUT",
    "ES": "DNI / NIE",
    "MX": "CURP",
    "PE": "DNI",
    "CO": "Cédula",
    "AR": "DNI",
    "EC": "Cédula",
    "UY": "Cédula",
}


class InvalidNationalId(ValueError):
    """Not an id of that country (wrong shape or check digit)."""


def check(country: str, typed: str, *, foreigner: bool = False) -> str:
    """The id in its kept form. A foreigner's document is only bounded in shape. Raises InvalidNationalId."""
    if len(typed) > 60:
        raise InvalidNationalId(country)
    rule = None if foreigner else _RULES.get(country)
    try:
        return rule(typed) if rule else _free(typed)
    except ValidationError as wrong:
        raise InvalidNationalId(country) from wrong


def label(country: str) -> str:
    """What the id is called there, in every language: `RUT`, `DNI / NIE`…; empty where it has no one name."""
    return _LABELS.get(country, "")


def format_id(country: str, kept: str) -> str:
    """As its country writes it: `12.345.678-5`."""
    if country == "CL" and kept and kept[:-1].isdigit() and _is_valid(rut, kept):
        return str(rut.format(kept))
    return kept


def fold_id(kept: str) -> str:
    """For comparing: letters and digits only, lower case."""
    return "".join(c for c in kept.casefold() if c.isalnum())


def _is_valid(module: Any, text: str) -> bool:
    return bool(module.is_valid(text))


def _free(typed: str) -> str:
    text = " ".join(typed.upper().split())
    if not _FREE.fullmatch(text):
        raise InvalidNationalId(text[:10])
    return text


def _spanish(typed: str) -> str:
    text = typed.strip().upper().replace(" ", "").replace("-", "").replace(".", "")
    return str(es_nie.validate(text) if text[:1] in "XYZ" else es_dni.validate(text))


def _digits(lengths: tuple[int, ...]) -> Callable[[str], str]:
    def rule(typed: str) -> str:
        text = re.sub(r"[\s.\-]", "", typed)
        if not text.isdigit() or not text.isascii() or len(text) not in lengths:
            raise InvalidNationalId(typed[:10])
        return text

    return rule


def _peruvian(typed: str) -> str:
    text = re.sub(r"[\s.\-]", "", typed.upper())
    if len(text) == 8 and text.isdigit():
        return text
    return str(pe_cui.validate(text))


def _argentine(typed: str) -> str:
    text = re.sub(r"[\s.\-]", "", typed)
    return str(cuit.validate(text) if len(text) == 11 else ar_dni.validate(text))


_RULES: dict[str, Callable[[str], str]] = {
    "CL": lambda typed: str(rut.validate(typed)),
    "ES": _spanish,
    "MX": lambda typed: str(curp.validate(typed)),
    "PE": _peruvian,
    "AR": _argentine,
    "CO": _digits((6, 7, 8, 10)),
    "EC": lambda typed: str(ec_ci.validate(typed)),
}
