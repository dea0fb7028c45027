"""Where the control plane lives: `control.db` of the data directory, or a database of its own on a server.

Read by the settings: nothing here may need them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

FILE = "control.db"
SHAPE = "not like postgresql://user:password@host:port/database (or mariadb://…)"
CONNECT_SECONDS = 2
PORTS = {"postgresql": 5432, "mariadb": 3306}
# What may stand behind the `?`, and the driver's name for it.
ENCRYPTION = {
    "postgresql": {"sslmode": "sslmode", "sslrootcert": "sslrootcert"},
    "mariadb": {"ssl_ca": "ssl_ca"},
}


class BadPlace(ValueError):
    """Not an address of a control database; the message says why, and never the password."""


def in_file(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "reservo.tenancy.backends.control.sqlite",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;",
        },
    }


def at(url: str, *, password: str = "") -> dict[str, Any]:
    """`postgresql://user:password@host:port/database` or `mariadb://…`. Raises BadPlace."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadPlace(SHAPE) from None
    engine, name = parts.scheme, unquote(parts.path.removeprefix("/"))
    if engine not in PORTS or not (parts.hostname and parts.username and name) or "/" in name:
        raise BadPlace(SHAPE)
    return {
        "ENGINE": f"reservo.tenancy.backends.control.{engine}",
        "HOST": parts.hostname,
        "PORT": str(port or PORTS[engine]),
        "NAME": name,
        "USER": unquote(parts.username),
        "PASSWORD": unquote(parts.password or "") or password,
        "CONN_MAX_AGE": None,
        "OPTIONS": _OPTIONS[engine] | _encryption(parts),
    }


def is_file(database: dict[str, Any]) -> bool:
    return not database.get("HOST")


def told(database: dict[str, Any]) -> str:
    """The place in words, without the password."""
    if is_file(database):
        return str(database["NAME"])
    engine = database["ENGINE"].rpartition(".")[2]
    return f"{engine}://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"


def mark(database: dict[str, Any]) -> str:
    """Tells one control database from another; nothing for the file of the data directory."""
    if is_file(database):
        return ""
    return "-" + hashlib.sha256(told(database).encode()).hexdigest()[:8]


def _encryption(parts: SplitResult) -> dict[str, str]:
    known = ENCRYPTION[parts.scheme]
    asked = dict(parse_qsl(parts.query))
    if unknown := sorted(set(asked) - set(known)):
        raise BadPlace(f"{', '.join(unknown)} is not known; {', '.join(known)} may be given")
    return {known[name]: value for name, value in asked.items()}


_OPTIONS: dict[str, dict[str, Any]] = {
    "postgresql": {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "reservo control",
    },
    "mariadb": {
        "connect_timeout": CONNECT_SECONDS,
        "charset": "utf8mb4",
        "isolation_level": "read committed",
    },
}
