"""The key that backups are sealed with: one per installation, kept apart from what it opens."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

KEY_BYTES = 32
VARIABLE = "RESERVO_BACKUP_KEY"
FILE = "backup.key"


class BadKey(ValueError):
    """Not a backup key: 32 bytes in base64, as `reservo backups key` shows it."""


@dataclass(frozen=True, slots=True)
class Key:
    secret: bytes
    came_from: str

    @property
    def name(self) -> str:
        """Tells two keys apart and says nothing of them."""
        return hashlib.sha256(b"reservo backup key\0" + self.secret).hexdigest()[:12]

    def for_file(self, salt: bytes) -> bytes:
        """Each file has its own key, so that a nonce may be a number."""
        return HKDF(SHA256(), KEY_BYTES, salt, b"reservo backup v1").derive(self.secret)

    def text(self) -> str:
        return base64.urlsafe_b64encode(self.secret).decode()


def current() -> Key:
    """RESERVO_BACKUP_KEY, else the file beside the data, made at the first call. Raises BadKey."""
    if given := os.environ.get(VARIABLE):
        return Key(_read(given, VARIABLE), VARIABLE)
    file = key_file()
    if not file.exists():
        _write_once(file)
    return Key(_read(file.read_text(), str(file)), str(file))


def is_given() -> bool:
    """Whether there is one already: whoever rebuilds needs the old one."""
    return bool(os.environ.get(VARIABLE)) or key_file().exists()


def key_file() -> Path:
    return Path(settings.RESERVO_DATA_DIR) / FILE


def _read(text: str, came_from: str) -> bytes:
    try:
        secret = base64.urlsafe_b64decode(text.strip())
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != KEY_BYTES:
        raise BadKey(f"{came_from} is no backup key: 32 bytes in base64")
    return secret


def _write_once(file: Path) -> None:
    draft = file.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(Key(secrets.token_bytes(KEY_BYTES), "").text() + "\n")
    try:
        os.link(draft, file)
    except FileExistsError:
        pass  # another process was first
    finally:
        draft.unlink()
