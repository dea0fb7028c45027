"""Files in memory, for tests."""

from __future__ import annotations

from reservo.adapters.files.base import check, check_folder


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

    def names(self, folder: str) -> list[str]:
        start = f"{check_folder(folder)}/"
        return sorted(key.removeprefix(start) for key in self._kept if key.startswith(start))
