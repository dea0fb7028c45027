"""Short secrets kept in a database: sealed with AES-256-GCM, bound to what they are for."""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
MARK = "s1:"


class CannotUnseal(ValueError):
    """The text was sealed under another secret or for another purpose, or was altered."""


def seal(text: str, *, secret: str, purpose: str) -> str:
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(_key(secret)).encrypt(nonce, text.encode(), purpose.encode())
    return MARK + base64.urlsafe_b64encode(nonce + sealed).decode()


def unseal(sealed: str, *, secret: str, purpose: str) -> str:
    """Raises CannotUnseal."""
    try:
        raw = base64.urlsafe_b64decode(sealed.removeprefix(MARK))
        return AESGCM(_key(secret)).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], purpose.encode()).decode()
    except (InvalidTag, ValueError) as wrong:
        raise CannotUnseal(purpose) from wrong


def _key(secret: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"reservo sealing v1").derive(secret.encode())
