"""Pictures of the centre in its file store. Rows hold names alone, so that they stay true at another address."""

from __future__ import annotations

import uuid

from reservo import tenancy
from reservo.adapters import files
from reservo.core import pictures


def keep(sent: bytes, prefix: str, *, longest_side: int) -> str:
    """Decoded and written anew; its name, which nobody can guess. Raises InvalidPicture."""
    content = pictures.rewritten(sent, longest_side=longest_side)
    name = f"{prefix}-{uuid.uuid4().hex}.png"
    files.current().write(key_of(name), content)
    return name


def drop(name: str) -> None:
    """Once the transaction stands."""
    if name:
        tenancy.on_commit(lambda: files.current().delete(key_of(name)))


def key_of(name: str) -> str:
    return f"{tenancy.current().slug}/{name}"
