"""Names of hosts as DNS has them: ASCII, in lower case, whatever letters they were typed with (RFC 1035, RFC 3490)."""

from __future__ import annotations

import re

LONGEST = 253
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class InvalidDomain(ValueError):
    """Not a name that DNS could hold."""


def in_ascii(typed: str) -> str:
    """`peñalolén.cl` as `xn--pealoln-gya1e.cl`. Raises InvalidDomain for an empty label, a strange letter, too long."""
    try:
        name = typed.lower().encode("idna").decode().lower()
    except UnicodeError as wrong:
        raise InvalidDomain from wrong
    if len(name) > LONGEST or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise InvalidDomain
    return name
