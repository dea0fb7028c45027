"""A whole platform again, on an empty machine, out of one place of backups and the key.

First the control plane, then every centre, each from its newest backup that is sound. It can be stopped and run again:
what is there is not made twice.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connections

from reservo import tenancy
from reservo.accounts.models import Session, User
from reservo.fleet import arrivals, controlplane, copies
from reservo.fleet.backups import control, identity, keys, places, restoring, sources
from reservo.fleet.backups.manifests import BadManifest, Manifest, instant
from reservo.fleet.backups.sealing import Damaged, WrongKey
from reservo.fleet.models import Backup, Move, Restore
from reservo.fleet.schemas import known
from reservo.jobs.models import Heartbeat, Lease
from reservo.tenancy import directory, namespaces, servers
from reservo.tenancy.backends.control import places as places_of_control
from reservo.tenancy.context import CONTROL_ALIAS
from reservo.tenancy.models import Placement, Store
from reservo.tenants import stores

PROGRESS_FILE = "rebuild.json"
UNSOUND = (Damaged, WrongKey, BadManifest, copies.NotEqual, copies.OtherSchema, OSError)
Clock = Callable[[], datetime]
Say = Callable[[str], None]


class CannotRebuild(RuntimeError):
    """The directory is in use, or the place holds nothing to rebuild from; the message says which."""


@dataclass(slots=True)
class Report:
    control_of: datetime
    restored: dict[str, datetime] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    behind: timedelta = timedelta()
    longest_behind: timedelta = timedelta()


def rebuild(place: places.Place, *, installation: str = "", onto: str = "", clock: Clock, say: Say) -> Report:
    """`onto`: a store for the centres whose own store is gone. Raises CannotRebuild, ArchiveGone, WrongKey."""
    began = time.monotonic()
    if not keys.is_given():
        raise CannotRebuild(
            f"there is no key: set {keys.VARIABLE}, or put the old {keys.FILE} at {keys.key_file()}"
        )
    installation = _installation(place, installation)
    control_of = _control(place, installation, say)
    report = Report(control_of)
    for tenant_id in _tenants(place, installation):
        _centre(place, installation, tenant_id, onto, report, clock, say)
    _index(place, installation)
    if not report.failed:
        _progress_file().unlink(missing_ok=True)
    newest = [control_of, *report.restored.values()]
    report.seconds = round(time.monotonic() - began, 1)
    report.behind = clock() - max(newest)
    report.longest_behind = clock() - min(newest)
    return report


def _installation(place: places.Place, wanted: str) -> str:
    found = sorted({name.partition("/")[0] for name in place.names() if "/control/" in name})
    if wanted and wanted not in found:
        raise CannotRebuild(f"{place.address} has no control plane of {wanted}")
    if not found:
        raise CannotRebuild(f"{place.address} has no backup of a control plane")
    if not wanted and len(found) > 1:
        raise CannotRebuild(f"{place.address} is of several installations, say which: {', '.join(found)}")
    return wanted or found[0]


def _progress_file() -> Path:
    return Path(settings.RESERVO_DATA_DIR) / PROGRESS_FILE


def _control(place: places.Place, installation: str, say: Say) -> datetime:
    """The moment that the control plane is of; made now, or by a rebuild that was stopped."""
    if _progress_file().exists():
        noted = json.loads(_progress_file().read_text())
        _know_secret(Path(settings.RESERVO_DATA_DIR) / control.SECRET)
        say(f"control plane of {noted['control_of']}: there already")
        return instant(noted["control_of"])
    _refuse_used()
    for source, header in sources.listed(place, identity.folder_named(installation, 0)):
        try:
            with sources.opened(source) as backup:
                _put_control(backup)
                noted = backup.manifest.header()["taken_at"]
                _progress_file().write_text(json.dumps({"control_of": noted}))
                say(f"control plane of {noted} from {source.label}")
                return backup.manifest.taken_at
        except WrongKey:
            raise
        except UNSOUND as unsound:
            say(f"control plane of {header.get('taken_at')}: {type(unsound).__name__}: {unsound}")
    raise CannotRebuild(f"{place.address} has no sound backup of the control plane")


def _refuse_used() -> None:
    here = connections[CONTROL_ALIAS].settings_dict
    if places_of_control.is_file(here):
        if Path(here["NAME"]).exists():
            raise CannotRebuild(
                f"{here['NAME']} is there: an installation is rebuilt in an empty directory only"
            )
    elif not controlplane.is_empty():
        raise CannotRebuild(
            f"{places_of_control.told(here)} holds an installation: one is rebuilt in an empty database only"
        )


def _put_control(backup: sources.Opened) -> None:
    """The secret first, the database last: it is what says that this was done."""
    data = Path(settings.RESERVO_DATA_DIR)
    _refuse_other_secret(backup.content(control.SECRET))
    for part in backup.manifest.files:
        (data / part.name).touch(mode=0o600)
        (data / part.name).write_bytes(backup.content(part.name))
    _know_secret(data / control.SECRET)
    draft = data / f".{places_of_control.FILE}.draft"
    shutil.copyfile(backup.folder / copies.DATA, draft)
    _refuse_newer(backup.manifest)
    _settle(draft, backup.manifest)
    _forget_journals(draft)
    _move_in(draft)


def _move_in(draft: Path) -> None:
    """The file itself, or all of its rows in one transaction of a server."""
    here = connections[CONTROL_ALIAS]
    if places_of_control.is_file(here.settings_dict):
        here.close()
        draft.rename(here.settings_dict["NAME"])
        return
    with controlplane.opened(places_of_control.in_file(draft)):
        controlplane.bring_up()
        controlplane.copy(here.settings_dict)
    _forget_journals(draft)
    draft.unlink()


def _forget_journals(draft: Path) -> None:
    for suffix in ("-wal", "-shm", f".{controlplane.SETUP}"):
        draft.with_name(draft.name + suffix).unlink(missing_ok=True)


def _refuse_other_secret(content: bytes) -> None:
    given = os.environ.get("RESERVO_SECRET_KEY", "").encode()
    if given and given != content:
        raise CannotRebuild("RESERVO_SECRET_KEY is not the old installation's: unset it, or set the old one")


def _know_secret(file: Path) -> None:
    """What the old installation sealed and signed is opened with its secret, from now on in this process too."""
    if file.exists():
        settings.SECRET_KEY = file.read_text().strip()
        servers.forget()


def _refuse_newer(manifest: Manifest) -> None:
    known = copies.migrations_here()
    for app, names in manifest.migrations.items():
        if newer := sorted(set(names) - set(known.get(app, ()))):
            raise copies.OtherSchema(f"it is of a newer release, which has {app}.{newer[-1]}")


def _settle(draft: Path, manifest: Manifest) -> None:
    """Directories of files are those of this machine."""
    before, here = manifest.facts["data_directory"], str(settings.RESERVO_DATA_DIR)
    with closing(sqlite3.connect(draft)) as file, file:
        file.execute(
            "UPDATE tenancy_store SET address = ? || substr(address, ?)"
            " WHERE engine = 'sqlite' AND (address = ? OR substr(address, 1, ?) = ?)",
            (here, len(before) + 1, before, len(before) + 1, before + "/"),
        )


def _tenants(place: places.Place, installation: str) -> list[int]:
    """Those that the control plane knows, and those that are newer than it."""
    controlplane.bring_up()
    directory.forget()
    with tenancy.control(), tenancy.atomic():
        for gone in (Session, Heartbeat, Lease):
            gone.objects.all().delete()
        Move.objects.filter(open_for__isnull=False).update(state=Move.State.ABORTED, open_for=None)
        Restore.objects.filter(open_for__isnull=False).update(state=Restore.State.ABORTED, open_for=None)
        Backup.objects.filter(state__in=(Backup.State.DUE, Backup.State.RUNNING)).delete()
    marks = (name.split("/")[1] for name in place.names(installation))
    stored = {int(mark.removeprefix("centre-")) for mark in marks if mark.startswith("centre-")}
    return sorted(stored | set(Placement.objects.values_list("pk", flat=True)))


def _centre(
    place: places.Place,
    installation: str,
    tenant_id: int,
    onto: str,
    report: Report,
    clock: Clock,
    say: Say,
) -> None:
    placement = Placement.objects.select_related("store").filter(pk=tenant_id).first()
    name = placement.slug if placement else f"centre {tenant_id}"
    try:
        if placement and _is_there(placement):
            report.kept.append(name)
            return say(f"{name}: its data are in {placement.store.name}, as they were")
        if placement and onto and not _answers(placement.store):
            placement = _place_in(placement, onto)
        for backup in _sound(place, identity.folder_named(installation, tenant_id), name, say):
            if placement:
                _load(placement, backup, report.control_of, at=clock())
            else:
                restoring.take_in(
                    backup.manifest.slug,
                    backup,
                    store=onto,
                    row_by_row=False,
                    tenant_id=tenant_id,
                    at=clock(),
                )
            report.restored[name] = backup.manifest.taken_at
            return say(f"{name}: {backup.manifest.rows} rows of {backup.manifest.header()['taken_at']}")
        report.failed[name] = "no sound backup"
    except (servers.StoreUnavailable, DatabaseError, OSError, ValueError, RuntimeError) as failed:
        report.failed[name] = f"{type(failed).__name__}: {failed}"
    say(f"{name}: NOT restored: {report.failed[name]}")


def _sound(place: places.Place, folder: str, name: str, say: Say) -> Iterator[sources.Opened]:
    """The newest that is sound, at most one; those that are not are told of."""
    for source, header in sources.listed(place, folder):
        try:
            with sources.opened(source) as backup:
                yield backup
                return
        except UNSOUND as unsound:
            say(f"{name}: backup of {header.get('taken_at')}: {type(unsound).__name__}: {unsound}")


def _is_there(placement: Placement) -> bool:
    """The store survived with the centre in it: newer than any backup. Its epoch is the one that holds."""
    if not _answers(placement.store):
        return False
    there = namespaces.exists(placement.route())
    epoch = restoring.epoch_of(placement.route()) if there else restoring.UNFINISHED
    if epoch == restoring.UNFINISHED:
        copies.discard(placement.route())
        return False
    Placement.objects.filter(pk=placement.pk).update(epoch=epoch, schema=known.read(placement.route()))
    return True


def _answers(store: Store) -> bool:
    return all(finding.well for finding in stores.check(store.name))


def _place_in(placement: Placement, store_name: str) -> Placement:
    with tenancy.control(), tenancy.atomic():
        store = stores.store_for_new(store_name)
        namespace = namespaces.name_for(store.engine, placement.slug)
        Placement.objects.filter(pk=placement.pk).update(store=store, namespace=namespace)
    return Placement.objects.select_related("store").get(pk=placement.pk)


def _load(placement: Placement, backup: sources.Opened, control_of: datetime, *, at: datetime) -> None:
    manifest = backup.manifest
    epoch = max(placement.epoch, manifest.epoch) + 1
    filling = dataclasses.replace(placement.route(), epoch=restoring.UNFINISHED)
    copies.load(backup.route, filling, expected=backup.tables, row_by_row=False)
    users = _users(manifest, placement.pk, control_of, at)
    if any(there != here for there, here in users.items()):
        with tenancy.activate(filling):
            arrivals.settle(users)
    restoring.put_files_back(backup, placement.slug)
    restoring.set_epoch(filling, epoch)
    Placement.objects.filter(pk=placement.pk).update(epoch=epoch, schema=namespaces.tenant_schema())
    restoring.wake(placement.pk, at=at)


def _users(manifest: Manifest, tenant_id: int, control_of: datetime, at: datetime) -> dict[int, int]:
    """Who belongs to the centre is the control plane's to say, unless the centre's backup is newer."""
    if manifest.taken_at > control_of:
        return arrivals.welcome(manifest.people, tenant_id, at=at)
    known = dict(User.objects.values_list("email", "pk"))
    return {person.id: known[person.email] for person in manifest.people if person.email in known}


def _index(place: places.Place, installation: str) -> None:
    """The backups of the place that the control plane does not know yet."""
    known = set(Backup.objects.values_list("key", flat=True))
    for source, header in sources.listed(place, installation):
        if source.name not in known:
            at = instant(header["taken_at"])
            Backup.objects.create(
                tenant_id=header["tenant_id"],
                slug=header["slug"],
                state=Backup.State.DONE,
                next_at=at,
                key=source.name,
                places={place.address: "ok"},
                taken_at=at,
                ended_at=at,
                schema=header["schema"],
                verdict=Backup.Verdict.FOUND,
            )
