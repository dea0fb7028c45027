"""An archive in a directory: a disk, or a mount of another machine's."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from pathlib import Path
from typing import BinaryIO

from reservo.adapters.archives.base import AlreadyThere, ArchiveGone, Fill, NotThere, check

DRAFT = ".draft-"
DRAFT_SECONDS = 24 * 3600.0


class DirectoryArchive:
    """The directory itself is never made: a mount that is away must not fill the disk under it."""

    def __init__(self, root: Path):
        self._root = Path(root)
        self.address = str(root)

    def write(self, name: str, fill: Fill) -> int:
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        _forget_old_drafts(path.parent)
        draft = path.with_name(f"{DRAFT}{uuid.uuid4().hex[:12]}")
        try:
            size = _written(draft, fill)
            os.link(draft, path)
            _settled(path.parent)
        except FileExistsError as there:
            raise AlreadyThere(name) from there
        finally:
            draft.unlink(missing_ok=True)
        return size

    def open(self, name: str) -> BinaryIO:
        try:
            return self._path(name).open("rb")
        except FileNotFoundError:
            raise NotThere(name) from None

    def has(self, name: str) -> bool:
        return self._path(name).exists()

    def names(self, folder: str = "") -> list[str]:
        root = self._alive()
        start = root / check(folder) if folder else root
        found = (path for path in start.rglob("*") if path.is_file() and not path.name.startswith("."))
        return sorted(str(path.relative_to(root)) for path in found)

    def delete(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._alive() / check(name)

    def _alive(self) -> Path:
        if not self._root.is_dir():
            raise ArchiveGone(f"{self._root} is not there")
        return self._root


def _forget_old_drafts(folder: Path) -> None:
    """Of writers that were killed."""
    for draft in folder.glob(f"{DRAFT}*"):
        with contextlib.suppress(OSError):
            if time.time() - draft.stat().st_mtime > DRAFT_SECONDS:
                draft.unlink()


def _written(draft: Path, fill: Fill) -> int:
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        fill(file.write)
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def _settled(folder: Path) -> None:
    """The name survives the loss of power as well."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
