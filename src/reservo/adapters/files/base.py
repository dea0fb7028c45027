"""What every file store offers. A key is `<folder>/<name>`, plain words; the caller puts the centre into the folder."""

from __future__ import annotations

import re
from typing import Protocol

_KEY = re.compile(r"[a-z0-9-]{1,80}/[a-z0-9-]{1,80}(?:\.[a-z0-9]{1,8})?")


class BadKey(ValueError):
    """Not a key that files can be kept under."""


def check_folder(folder: str) -> str:
    return check(f"{folder}/x").partition("/")[0]


def check(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise BadKey(key[:100])
    return key


class Files(Protocol):
    def write(self, key: str, content: bytes) -> None:
        """Keep the content, whole or not at all. Raises BadKey."""

    def read(self, key: str) -> bytes:
        """Raises FileNotFoundError, BadKey."""

    def delete(self, key: str) -> None:
        """Nothing if there is none."""

    def names(self, folder: str) -> list[str]:
        """What is kept in a folder, in order, without the folder's name. Raises BadKey."""
