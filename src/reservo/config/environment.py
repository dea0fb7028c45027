"""What the environment says, checked once, with messages for whoever starts the program."""

from __future__ import annotations

import json
import os
import secrets
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reservo.adapters import archives
from reservo.core import clock
from reservo.tenancy.backends.control import places

DEFAULT_PORT = 8000


class BadEnvironment(SystemExit):
    """A variable is wrong; the message says which and how to mend it."""


def data_dir() -> Path:
    path = Path(os.environ.get("RESERVO_DATA_DIR") or "var").resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as refused:
        raise BadEnvironment(f"RESERVO_DATA_DIR: {path}: {refused.strerror}") from refused
    return path


def port() -> int:
    return _port("PORT", DEFAULT_PORT)


def _port(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65_536):
        raise BadEnvironment(f"{name} is not a port (1 to 65535): {text}")
    return int(text)


def public_url() -> str:
    """Address that mail and pages are built from, without a final slash; never taken from a request."""
    url = (os.environ.get("RESERVO_PUBLIC_URL") or f"http://127.0.0.1:{port()}").rstrip("/")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise BadEnvironment(f"RESERVO_PUBLIC_URL is not an address: {url}")
    return url


def events_port() -> int:
    """RESERVO_EVENTS_PORT, else the one after the pages' own."""
    return _port("RESERVO_EVENTS_PORT", port() + 1)


def events_url() -> str:
    """Address of the live events as browsers see it: RESERVO_EVENTS_URL, else the public host on the events port."""
    given = os.environ.get("RESERVO_EVENTS_URL", "").rstrip("/")
    if given:
        return given
    parts = urlsplit(public_url())
    return f"{parts.scheme}://{parts.hostname}:{events_port()}"


def configure_logging() -> None:
    """One JSON line per record on standard error."""
    import logging.config

    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": "reservo.config.logs.formatter"}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
            "root": {"handlers": ["stderr"], "level": os.environ.get("RESERVO_LOG_LEVEL", "WARNING")},
            "loggers": {
                "django.security": {"level": "ERROR"},
                "django.request": {"level": "ERROR"},
                "django.db.backends": {"level": "ERROR"},  # statements hold what people typed
                "botocore": {"level": "WARNING"},  # lower ones show the headers of calls
                "boto3": {"level": "WARNING"},
                "urllib3": {"level": "WARNING"},
            },
        }
    )


def allowed_hosts(url: str) -> list[str]:
    named = words("RESERVO_ALLOWED_HOSTS")
    return sorted({urlsplit(url).hostname or "127.0.0.1", "127.0.0.1", "localhost", *named})


def words(name: str) -> list[str]:
    return os.environ.get(name, "").replace(",", " ").split()


def backup_places() -> list[str]:
    """RESERVO_BACKUP_PLACES: whether they can be used is the doctor's to say, but none may hold a secret."""
    found = words("RESERVO_BACKUP_PLACES")
    for word in found:
        try:
            archives.refuse_bad(word)
        except archives.BadAddress as bad:
            raise BadEnvironment(f"RESERVO_BACKUP_PLACES: {bad}") from None
    return found


def networks(name: str) -> list[str]:
    """Addresses and networks such as 10.0.0.0/8."""
    found = words(name)
    for word in found:
        try:
            ip_network(word, strict=False)
        except ValueError:
            raise BadEnvironment(f"{name} is not a list of addresses or networks: {word}") from None
    return found


def control_database(data: Path) -> dict[str, Any]:
    """RESERVO_CONTROL_URL, its password there or in the file RESERVO_CONTROL_PASSWORD_FILE; else a file of the data."""
    url = os.environ.get("RESERVO_CONTROL_URL", "")
    if not url:
        return places.in_file(data / places.FILE)
    try:
        return places.at(url, password=content_of("RESERVO_CONTROL_PASSWORD_FILE"))
    except places.BadPlace as bad:
        raise BadEnvironment(f"RESERVO_CONTROL_URL: {bad}") from None


def content_of(name: str) -> str:
    path = os.environ.get(name, "")
    try:
        return Path(path).read_text().rstrip("\n") if path else ""
    except OSError as refused:
        raise BadEnvironment(f"{name}: {path}: {refused.strerror}") from refused


def is_demo(data: Path) -> bool:
    """Whether this installation was made by the demo: a mark in its data, not a variable."""
    mark = data / "installation.json"
    return mark.exists() and bool(json.loads(mark.read_text()).get("demo"))


def clock_offset(demo: bool) -> timedelta:
    text = os.environ.get("RESERVO_CLOCK_OFFSET", "")
    if not text:
        return timedelta()
    if not demo:
        raise BadEnvironment("RESERVO_CLOCK_OFFSET is only for a demo installation; unset it.")
    try:
        offset = clock.parse_offset(text)
    except clock.BadOffset:
        raise BadEnvironment(f"RESERVO_CLOCK_OFFSET is not like +21h30m or -2h: {text}") from None
    clock.set_offset(offset)
    return offset


def secret_key(data: Path) -> str:
    """RESERVO_SECRET_KEY, else one made at the first start and kept beside the data."""
    given = os.environ.get("RESERVO_SECRET_KEY")
    if given:
        return given
    file = data / "secret.key"
    if not file.exists():
        _write_once(file, secrets.token_urlsafe(48))
    return file.read_text().strip()


def _write_once(file: Path, text: str) -> None:
    draft = file.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def static_root() -> Path:
    return Path(os.environ.get("RESERVO_STATIC_ROOT") or Path.cwd() / "build" / "static")


def serve_from_sources(root: Path) -> bool:
    return not (root / "staticfiles.json").exists()


def static_storage(root: Path) -> str:
    if serve_from_sources(root):
        return "django.contrib.staticfiles.storage.StaticFilesStorage"
    return "whitenoise.storage.CompressedManifestStaticFilesStorage"
