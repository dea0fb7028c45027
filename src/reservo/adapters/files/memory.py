"""Files in memory, for tests."""

from __future__ import annotations

from reservo.adapters.files.base import check


class MemoryFiles:
    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def write(self, key: str, content: bytes) -> None:
        self._kept[check(key)] = bytes(content)

    def read(self, key: str) -> bytes:
        try:
            return self._kept[check(key)]
        except KeyError:
            raise FileNotFoundError(key) from None

    def delete(self, key: str) -> None:
        self._kept.pop(check(key), None)
