"""Where the control plane lives: `control.db` of the data directory, or the database that RESERVO_CONTROL_URL names."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from reservo.config.environment import BadEnvironment

VARIABLE, PASSWORD_FILE = "RESERVO_CONTROL_URL", "RESERVO_CONTROL_PASSWORD_FILE"
FILE = "control.db"
CONNECT_SECONDS = 2
PORTS = {"postgresql": 5432, "mariadb": 3306}
# What may stand behind the `?`, and the driver's name for it.
ENCRYPTION = {
    "postgresql": {"sslmode": "sslmode", "sslrootcert": "sslrootcert"},
    "mariadb": {"ssl_ca": "ssl_ca"},
}


def database(data: Path) -> dict[str, Any]:
    """The setting of Django for the control database. Raises BadEnvironment, which never tells the password."""
    url = os.environ.get(VARIABLE, "")
    return at(url) if url else in_file(data / FILE)


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
    """`postgresql://user:password@host:port/database` or `mariadb://…`. Raises BadEnvironment."""
    parts = urlsplit(url)
    engine, port = parts.scheme, _port(parts)
    name = unquote(parts.path.removeprefix("/"))
    if engine not in PORTS or not parts.hostname or not parts.username or not name or "/" in name or port is None:
        raise BadEnvironment(f"{VARIABLE} is not like postgresql://user:password@host:port/database (or mariadb://…)")
    return {
        "ENGINE": f"reservo.tenancy.backends.control.{engine}",
        "HOST": parts.hostname,
        "PORT": str(port or PORTS[engine]),
        "NAME": name,
        "USER": unquote(parts.username),
        "PASSWORD": password or unquote(parts.password or "") or _from_file(),
        "CONN_MAX_AGE": None,
        "OPTIONS": _OPTIONS[engine] | _encryption(parts),
    }


def mark(database: dict[str, Any]) -> str:
    """Tells one control database from another; nothing for the file of the data directory."""
    if not database.get("HOST"):
        return ""
    place = "/".join(database[name] for name in ("ENGINE", "HOST", "PORT", "NAME"))
    return "-" + hashlib.sha256(place.encode()).hexdigest()[:8]


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port or 0
    except ValueError:
        return None


def _from_file() -> str:
    path = os.environ.get(PASSWORD_FILE, "")
    if not path:
        return ""
    try:
        return Path(path).read_text().rstrip("\n")
    except OSError as refused:
        raise BadEnvironment(f"{PASSWORD_FILE}: {path}: {refused.strerror}") from refused


def _encryption(parts: SplitResult) -> dict[str, str]:
    known = ENCRYPTION[parts.scheme]
    asked = dict(parse_qsl(parts.query))
    if unknown := sorted(set(asked) - set(known)):
        raise BadEnvironment(f"{VARIABLE}: {', '.join(unknown)} is not known; {', '.join(known)} may be given")
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
