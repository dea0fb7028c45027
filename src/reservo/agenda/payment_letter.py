"""The letter on a block, derived from money and never typed."""

from __future__ import annotations

BALANCE_DUE, BY_PLAN, PAID, WRITTEN_OFF = "NP", "PL", "P", "PD"


def letter(*, price_minor: int, paid_minor: int = 0, by_plan: bool = False, written_off: bool = False) -> str:
    """NP balance due, PL covered by a plan, P paid, PD written off; none when there is nothing to pay.

    In a mixed visit NP wins, then PL, then P.
    """
    if written_off:
        return WRITTEN_OFF
    if price_minor > paid_minor and not by_plan:
        return BALANCE_DUE
    if by_plan:
        return BY_PLAN
    return PAID if price_minor else ""
