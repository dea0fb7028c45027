"""An archive that cannot be used as this program is installed."""

from __future__ import annotations

from typing import BinaryIO

from reservo.adapters.archives.base import ArchiveGone, Fill


class Unusable:
    """Says why whenever it is asked, so that the other places go on being used."""

    def __init__(self, address: str, why: str):
        self.address = address
        self._why = why

    def write(self, name: str, fill: Fill) -> int:
        raise self._gone()

    def open(self, name: str) -> BinaryIO:
        raise self._gone()

    def has(self, name: str) -> bool:
        raise self._gone()

    def names(self, folder: str = "") -> list[str]:
        raise self._gone()

    def delete(self, name: str) -> None:
        raise self._gone()

    def _gone(self) -> ArchiveGone:
        return ArchiveGone(self._why)
