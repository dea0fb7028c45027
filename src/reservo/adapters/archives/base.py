"""What every archive offers. What is kept under a name never changes; names are plain words with `/` between."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import BinaryIO, Protocol

Put = Callable[[bytes], object]
Fill = Callable[[Put], object]

_NAME = re.compile(r"[a-z0-9-]{1,60}(?:/[a-z0-9-]{1,60}){0,4}(?:\.[a-z]{1,8})?")


class BadName(ValueError):
    """Not a name that anything can be kept under."""


class ArchiveGone(OSError):
    """The archive does not answer, is not there or refuses; the message says what was tried."""


class AlreadyThere(OSError):
    """Something is kept under this name; it stays as it is."""


class NotThere(OSError):
    """Nothing is kept under this name."""


def is_name(text: str) -> bool:
    return bool(_NAME.fullmatch(text))


def check(name: str) -> str:
    if not is_name(name):
        raise BadName(name[:100])
    return name


class Archive(Protocol):
    address: str

    def write(self, name: str, fill: Fill) -> int:
        """Keep what `fill` puts, whole or not at all; how many bytes.

        Raises ArchiveGone, AlreadyThere, BadName, OSError (full), and what `fill` raises.
        """

    def open(self, name: str) -> BinaryIO:
        """From the beginning. Raises ArchiveGone, NotThere, BadName."""

    def has(self, name: str) -> bool:
        """Raises ArchiveGone, BadName."""

    def names(self, folder: str = "") -> list[str]:
        """All of them, or those of a folder, in order. Raises ArchiveGone."""

    def delete(self, name: str) -> None:
        """Nothing if there is none. Raises ArchiveGone, BadName, OSError (not allowed)."""
