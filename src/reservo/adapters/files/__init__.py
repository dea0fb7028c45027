"""Where uploaded files are kept."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from reservo.adapters.files.base import BadKey, Files
from reservo.adapters.files.directory import DirectoryFiles

__all__ = ["BadKey", "Files", "current"]


@lru_cache(maxsize=1)
def current() -> Files:
    return DirectoryFiles(settings.RESERVO_DATA_DIR / "files")
