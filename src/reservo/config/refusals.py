"""How commands word what can go wrong for reasons outside the program: one sentence each, the same everywhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import DatabaseError

from reservo.adapters import archives
from reservo.console.operations import destruction
from reservo.fleet import copies, exports, moves, orders, promoting
from reservo.fleet.backups import keys, manifests, restoring, sealing, sources, taking
from reservo.fleet.orders import endings
from reservo.foreign import mapping, planning, running, source, verifying
from reservo.tenancy.backends.control.answering import ControlAway
from reservo.tenancy.namespaces import NamespaceTaken
from reservo.tenancy.servers import StoreUnavailable
from reservo.tenancy.slugs import BadSlug
from reservo.tenants import operations, stores

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
    moves.CannotMove: "refused",
    moves.NotEqual: "both sides are not equal; the centre stays where it is",
    promoting.AlreadyPromoting: "another promotion of {} is under way",
    promoting.Contested: "others are changing centres of {} at this moment; run it again",
    promoting.CannotPromote: "refused",
    endings.NotDisabled: "{} must be disabled first",
    endings.StillNeeded: "refused",
    destruction.NothingThere: "it is in no place any more",
    orders.AlreadyOrdered: "something is ordered for it already, see `reservo orders list`",
    orders.NotOpen: "it is being carried out, or has ended",
    mapping.BadMapping: "the mapping cannot be used",
    source.SourceGone: "the foreign database cannot be read",
    verifying.NotEqual: "both sides are not equal; the centre is not opened",
    planning.CannotImport: "refused",
    planning.NoSuchImport: "{} has no import that is not over",
    running.AlreadyImporting: "another process brings {} at this moment",
    running.TooManyRejected: "too much was rejected, see --report",
    NamespaceTaken: "the place of the data is taken",
    StoreUnavailable: "the store does not answer",
    stores.UnknownStore: "there is no store {}",
    stores.NoRoom: "no room",
    stores.BadStore: "refused",
    stores.StoreExists: "the name is taken",
    stores.StoreInUse: "it is in use",
    operations.TenantExists: "the address is taken",
    operations.BadTenant: "refused",
    operations.UnknownTenant: "there is no centre {}",
    operations.StateContested: "others are changing {} at this moment; try again",
    BadSlug: "it cannot be an address",
    OSError: "the system refused (is the disk full?)",
    sqlite3.Error: "the database refused (is the disk full?)",
    DatabaseError: "the database refused (is the disk full?)",
}


@contextmanager
def refusals() -> Iterator[None]:
    """Whatever can go wrong for reasons outside the program becomes one line; a control plane away is for `cli`."""
    try:
        yield
    except ControlAway:
        raise
    except tuple(_WORDS) as refused:
        raise CommandError(said(refused)) from refused


def said(refused: BaseException) -> str:
    """On one line: drivers hand on hints of the server on lines of their own."""
    words = next(words for kind, words in _WORDS.items() if isinstance(refused, kind))
    what = " ".join(str(refused).split())
    if "{}" in words:
        return words.format(what)
    return words if what == words else f"{words}: {what}"
