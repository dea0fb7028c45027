"""An archive in memory, for tests."""

from __future__ import annotations

import io
from typing import BinaryIO

from reservo.adapters.archives.base import AlreadyThere, ArchiveGone, Fill, NotThere, check


class MemoryArchive:
    def __init__(self, address: str = "memory") -> None:
        self.address = address
        self.is_gone = False
        self._kept: dict[str, bytes] = {}

    def write(self, name: str, fill: Fill) -> int:
        self._alive()
        parts: list[bytes] = []
        fill(lambda part: parts.append(bytes(part)))
        content = b"".join(parts)
        if check(name) in self._kept:
            raise AlreadyThere(name)
        self._kept[name] = content
        return len(content)

    def open(self, name: str) -> BinaryIO:
        self._alive()
        try:
            return io.BytesIO(self._kept[check(name)])
        except KeyError:
            raise NotThere(name) from None

    def has(self, name: str) -> bool:
        self._alive()
        return check(name) in self._kept

    def names(self, folder: str = "") -> list[str]:
        self._alive()
        return sorted(name for name in self._kept if not folder or name.startswith(f"{check(folder)}/"))

    def delete(self, name: str) -> None:
        self._alive()
        self._kept.pop(check(name), None)

    def _alive(self) -> None:
        if self.is_gone:
            raise ArchiveGone(self.address)
