"""Names that centres may have in addresses."""

import re

RESERVED = frozenset(
    [
        "api",
        "login",
        "logout",
        "admin",
        "console",
        "operator",
        "operador",
        "static",
        "media",
        "live",
        "ready",
        "metrics",
        "status",
        "health",
        "password",
        "invitation",
        "invitations",
        "account",
        "accounts",
        "events",
        "mailbox",
        "docs",
        "help",
        "support",
        "about",
        "legal",
        "privacy",
        "terms",
        "favicon.ico",
        "robots.txt",
        "www",
        "mail",
        "embed",
        "landing",
        "demo",
        "assets",
        "system",
        "internal",
        "i18n",
        "theme.css",
        "manifest.json",
        "sw.js",
    ]
)
_SHAPE = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,58})[a-z0-9]")
_LETTERS = re.compile(r"[a-z0-9-]{1,60}")


class BadSlug(ValueError):
    """The text cannot name a centre in an address."""


def is_nobodys(text: str) -> bool:
    """Whether no centre can be called so, whatever a server would make of such a text."""
    return not _LETTERS.fullmatch(text)


def check(text: str) -> str:
    """The slug itself. Raises BadSlug if it is a route, too short or long, or has other than a-z 0-9 -."""
    if text in RESERVED or "--" in text or not _SHAPE.fullmatch(text):
        raise BadSlug(text)
    return text
