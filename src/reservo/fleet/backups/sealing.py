"""A stream sealed with AES-256-GCM, chunk by chunk, of any length in bounded memory.

    magic, header length, header (JSON, readable by anybody) | chunk length, sealed chunk | …

Every chunk is bound to the header, to its number and to whether it is the last: nothing can be changed, swapped, cut
off or added unnoticed.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import struct
from collections.abc import Callable
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reservo.fleet.backups.keys import Key

MAGIC = b"RESERVO-BACKUP-1\n"
CHUNK_BYTES = 1 << 20
TAG_BYTES = 16
SALT_BYTES = 16
MOST_HEADER_BYTES = 64_000
_LENGTH = struct.Struct(">I")


class Damaged(ValueError):
    """Not a backup, or not as it was written; the message says where that showed."""


class WrongKey(ValueError):
    """It was sealed with another key; the message names it."""


class Sealer(io.RawIOBase):
    """Seals what is written to it and passes that on to `put`."""

    def __init__(self, put: Callable[[bytes], object], header: dict[str, Any], key: Key):
        salt = os.urandom(SALT_BYTES)
        header = {**header, "key": key.name, "salt": base64.b64encode(salt).decode()}
        raw = json.dumps(header, sort_keys=True).encode()
        self._put, self._cipher = put, AESGCM(key.for_file(salt))
        self._bound_to = hashlib.sha256(MAGIC + raw).digest()
        self._waiting = bytearray()
        self._number = 0
        put(MAGIC + _LENGTH.pack(len(raw)) + raw)

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        self._waiting += part
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(part)

    def finish(self) -> None:
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number, last), chunk, self._bound_to)
        self._number += 1
        self._put(_LENGTH.pack(len(sealed)) + sealed)


class Unsealer(io.RawIOBase):
    """Reads what was sealed. Raises Damaged, WrongKey; nothing of a bad chunk is ever given."""

    def __init__(self, file: BinaryIO, key: Key):
        self._file = file
        self.header, raw = _header(file)
        if self.header.get("key") != key.name:
            raise WrongKey(f"sealed with key {self.header.get('key')}, not with {key.name}")
        try:
            salt = base64.b64decode(self.header["salt"], validate=True)
        except (KeyError, ValueError, TypeError) as wrong:
            raise Damaged("the header has no salt") from wrong
        self._cipher = AESGCM(key.for_file(salt))
        self._bound_to = hashlib.sha256(MAGIC + raw).digest()
        self._number = 0
        self._open: memoryview = memoryview(b"")
        self._is_over = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._open and not self._is_over:
            self._open = memoryview(self._next())
        count = min(len(buffer), len(self._open))
        buffer[:count] = self._open[:count]
        self._open = self._open[count:]
        return count

    def finish(self) -> None:
        """Read to the end, so that a cut is noticed."""
        while self.read(CHUNK_BYTES):
            pass

    def _next(self) -> bytes:
        length = _LENGTH.unpack(_exactly(self._file, _LENGTH.size))[0]
        if not TAG_BYTES <= length <= CHUNK_BYTES + TAG_BYTES:
            raise Damaged(f"chunk {self._number} has an impossible length")
        sealed = _exactly(self._file, length)
        for last in (False, True):
            try:
                chunk = self._cipher.decrypt(_nonce(self._number, last), sealed, self._bound_to)
            except InvalidTag:
                continue
            self._number += 1
            self._is_over = last
            if last and self._file.read(1):
                raise Damaged("something was added after the end")
            return chunk
        raise Damaged(f"chunk {self._number} is not what was written")


def header_of(file: BinaryIO) -> dict[str, Any]:
    """What anybody can read; it is proved only when the chunks are. Raises Damaged."""
    return _header(file)[0]


def _header(file: BinaryIO) -> tuple[dict[str, Any], bytes]:
    if file.read(len(MAGIC)) != MAGIC:
        raise Damaged("this is no backup of Reservo")
    length = _LENGTH.unpack(_exactly(file, _LENGTH.size))[0]
    if length > MOST_HEADER_BYTES:
        raise Damaged("the header has an impossible length")
    raw = _exactly(file, length)
    try:
        header = json.loads(raw)
    except ValueError as wrong:
        raise Damaged("the header cannot be read") from wrong
    if not isinstance(header, dict):
        raise Damaged("the header cannot be read")
    return header, raw


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")


def _exactly(file: BinaryIO, length: int) -> bytes:
    found = bytearray()
    while len(found) < length:
        part = file.read(length - len(found))
        if not part:
            raise Damaged("it ends too early")
        found += part
    return bytes(found)
