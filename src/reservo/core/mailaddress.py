"""Mail addresses: enough checking to refuse what no server takes and what could add a header."""

from __future__ import annotations

import re

from reservo.core import domains

LONGEST = 254
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


class InvalidAddress(ValueError):
    """Not an address that mail can be sent to."""


class ForeignLetters(InvalidAddress):
    """Letters such as ñ before the @: an address that few servers take (SMTPUTF8)."""


def check(typed: str) -> str:
    """The address, its domain in lower case (and in ASCII if it had other letters). Raises InvalidAddress."""
    text = typed.strip()
    local, at, domain = text.rpartition("@")
    if len(text) > LONGEST or not at or len(local) > 64:
        raise InvalidAddress
    if not _LOCAL.fullmatch(local):
        raise (
            ForeignLetters
            if any(letter.isalpha() for letter in local if not letter.isascii())
            else InvalidAddress
        )
    return f"{local}@{_domain(domain)}"


def _domain(typed: str) -> str:
    try:
        domain = domains.in_ascii(typed)
    except domains.InvalidDomain as wrong:
        raise InvalidAddress from wrong
    if "." not in domain or domain.rpartition(".")[2].isdigit():
        raise InvalidAddress
    return domain
