"""Amounts are integers in the currency's minor unit; they are shown by the country's rule."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Currency:
    code: str
    digits: int
    shown_digits: int
    pattern: str
    thousands: str
    decimal: str


CURRENCIES = {
    currency.code: currency
    for currency in (
        Currency("CLP", 0, 0, "${}", ".", ","),
        Currency("EUR", 2, 2, "{} €", ".", ","),
        Currency("PEN", 2, 2, "S/ {}", ",", "."),
        Currency("MXN", 2, 2, "${}", ",", "."),
        Currency("COP", 2, 0, "${}", ".", ","),
        Currency("ARS", 2, 2, "${}", ".", ","),
        Currency("UYU", 2, 2, "$U {}", ".", ","),
        Currency("BOB", 2, 2, "Bs {}", ".", ","),
        Currency("PYG", 0, 0, "₲ {}", ".", ","),
        Currency("CRC", 2, 0, "₡{}", ".", ","),
        Currency("USD", 2, 2, "US${}", ",", "."),
    )
}
BY_COUNTRY = {
    "AR": "ARS", "BO": "BOB", "CL": "CLP", "CO": "COP", "CR": "CRC", "EC": "USD", "ES": "EUR",
    "MX": "MXN", "PA": "USD", "PE": "PEN", "PY": "PYG", "US": "USD", "UY": "UYU",
}  # fmt: skip
MOST_MINOR = 10**13


class BadAmount(ValueError):
    """The text is not an amount of that currency."""


def format_minor(amount_minor: int, currency_code: str) -> str:
    """`$25.000`, `45,00 €`, `S/ 80.00`, `-$25.000`."""
    currency = CURRENCIES[currency_code]
    units, rest = divmod(abs(amount_minor), 10**currency.digits)
    text = f"{units:,}".replace(",", currency.thousands)
    if currency.shown_digits or rest:
        text += f"{currency.decimal}{rest:0{currency.digits}d}" if currency.digits else ""
    return ("-" if amount_minor < 0 else "") + currency.pattern.format(text)


def parse_amount(typed: str, currency_code: str) -> int:
    """Minor units of `25.000`, `25000`, `45,5`. Raises BadAmount for anything else or more digits than there are."""
    currency = CURRENCIES[currency_code]
    text = re.sub(r"[^\d.,]", "", typed.strip()) if len(typed) <= 30 else ""
    if re.search(r"[A-Za-z-]", typed) or not text:
        raise BadAmount(typed[:30])
    units, decimal, rest = text.partition(currency.decimal)
    grouped = units.split(currency.thousands)
    if len(grouped) > 1 and (not 1 <= len(grouped[0]) <= 3 or any(len(part) != 3 for part in grouped[1:])):
        raise BadAmount(typed)
    digits = "".join(grouped)
    if not digits.isdigit() or (decimal and (not rest.isdigit() or len(rest) > currency.digits)):
        raise BadAmount(typed)
    amount: int = int(digits) * 10**currency.digits + int((rest or "0").ljust(currency.digits, "0") or 0)
    if amount > MOST_MINOR:
        raise BadAmount(typed)
    return amount
