"""Files in a directory."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from reservo.adapters.files.base import check, check_folder


class DirectoryFiles:
    def __init__(self, root: Path):
        self._root = Path(root)

    def write(self, key: str, content: bytes) -> None:
        path = self._root / check(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
        draft.write_bytes(content)
        os.replace(draft, path)

    def read(self, key: str) -> bytes:
        return (self._root / check(key)).read_bytes()

    def delete(self, key: str) -> None:
        (self._root / check(key)).unlink(missing_ok=True)

    def names(self, folder: str) -> list[str]:
        root = self._root / check_folder(folder)
        found = root.iterdir() if root.is_dir() else ()
        return sorted(path.name for path in found if not path.name.startswith("."))
