"""What the commands around backups share: how refusals are worded, and how work is shown."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TextIO

from django.core.management.base import CommandError
from django.db import DatabaseError

from reservo.adapters import archives
from reservo.fleet import copies, exports
from reservo.fleet.backups import keys, manifests, restoring, sealing, sources, taking
from reservo.tenancy.namespaces import NamespaceTaken
from reservo.tenancy.servers import StoreUnavailable
from reservo.tenancy.slugs import BadSlug
from reservo.tenants import operations, stores

SAY_EVERY_SECONDS = 2.0
_WORDS = {
    archives.ArchiveGone: "the place of backups cannot be used",
    archives.NotThere: "the place has no such backup",
    archives.BadName: "no backup has such a name",
    taking.NoPlace: "no place took it",
    taking.CentreGone: "the centre is not there",
    keys.BadKey: "no key",
    sealing.WrongKey: "the key is not the one it was sealed with",
    sealing.Damaged: "it is damaged; nothing was changed",
    manifests.BadManifest: "it cannot be understood; nothing was changed",
    copies.NotEqual: "it does not hold what it says; nothing was changed",
    copies.OtherSchema: "its tables are not those of this release; nothing was changed",
    restoring.ForeignBackup: "refused",
    restoring.CannotRestore: "refused",
    sources.NoBackup: "nothing to restore from",
    exports.NoExport: "refused",
    NamespaceTaken: "the place of the data is taken",
    StoreUnavailable: "the store does not answer",
    stores.UnknownStore: "there is no store",
    stores.NoRoom: "no room in",
    operations.TenantExists: "the address is taken",
    operations.BadTenant: "refused",
    BadSlug: "it cannot be an address",
    OSError: "the system refused (is the disk full?)",
    sqlite3.Error: "the database refused (is the disk full?)",
    DatabaseError: "the database refused (is the disk full?)",
}


@contextmanager
def refusals() -> Iterator[None]:
    """Whatever can go wrong for reasons outside the program becomes one line."""
    try:
        yield
    except tuple(_WORDS) as refused:
        words = next(words for kind, words in _WORDS.items() if isinstance(refused, kind))
        raise CommandError(f"{words}: {refused}") from refused


def dots(out: TextIO) -> copies.Progress:
    """A dot now and then while work goes on."""
    said = time.monotonic()

    def progress() -> None:
        nonlocal said
        if time.monotonic() - said > SAY_EVERY_SECONDS:
            said = time.monotonic()
            out.write(".")
            out.flush()

    return progress


def moment(text: str) -> datetime:
    """An ISO date or instant; without offset it is UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise CommandError(f"not a date or instant: {text}") from wrong
    return at if at.tzinfo else at.replace(tzinfo=UTC)
