"""Taking one backup: copied at one moment, sealed, stored, read back, restored, compared; only then does it count."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from reservo import tenancy
from reservo.accounts.models import Membership
from reservo.adapters import archives
from reservo.fleet import copies, filesums, rows
from reservo.fleet.backups import control, identity, keys, packing, places, sealing
from reservo.fleet.backups.manifests import CENTRE, Manifest, Person
from reservo.fleet.copies import Progress
from reservo.fleet.models import Backup
from reservo.tenancy import namespaces
from reservo.tenancy.models import Placement
from reservo.tenants.models import Tenant

State = Backup.State
Clock = Callable[[], datetime]


class CentreGone(RuntimeError):
    """There is no such centre, or its namespace is not where it should be."""


class NoPlace(OSError):
    """Not one of the places took it; the message says why of each."""


def take(backup: Backup, *, clock: Clock, progress: Progress = lambda: None) -> Backup:
    """The row stays as it was if this fails.

    Raises BadKey, CentreGone, NoPlace, NotEqual, Damaged, OSError (full disk), DatabaseError.
    """
    began, at, key = time.monotonic(), clock(), keys.current()
    with copies.scratch() as folder:
        if backup.tenant_id:
            manifest, content = _centre(backup.tenant_id, folder, at, progress)
        else:
            manifest, content = control.stage(folder, at, progress)
        folder_name = identity.folder_named(manifest.installation, manifest.tenant_id)
        name = f"{folder_name}/{at.astimezone(UTC):%Y%m%dt%H%M%S}-{secrets.token_hex(3)}.backup"
        stored = _store(manifest, folder / copies.DATA, content, name, key)
    backup.stored_bytes = _proved(stored.took[0], name, manifest, progress)
    stored.hand_on(name)
    backup.key, backup.places, backup.taken_at = name, stored.outcome, at
    backup.data_bytes, backup.rows, backup.schema = manifest.data.bytes, manifest.rows, manifest.schema
    backup.state = State.DONE if stored.is_whole else State.PARTIAL
    backup.verdict = Backup.Verdict.EQUAL
    backup.error = "" if stored.is_whole else stored.complaint()
    backup.ended_at, backup.seconds = clock(), round(time.monotonic() - began, 3)
    backup.save()
    return backup


def _proved(place: places.Place, name: str, manifest: Manifest, progress: Progress) -> int:
    """What is not what it should be does not stay to be taken for a backup."""
    try:
        return prove(place, name, manifest, progress=progress)
    except (copies.NotEqual, copies.OtherSchema, sealing.Damaged):
        if not isinstance(place, places.OnlyAdding):
            place.delete(name)
        raise


def prove(place: places.Place, name: str, expected: Manifest, *, progress: Progress = lambda: None) -> int:
    """Read it back from the place, restore it into scratch, compare. How long it is there. Raises NotEqual, Damaged."""
    with copies.scratch() as folder, place.open(name) as file:
        found = packing.unpack(file, folder, keys.current())
        size = file.tell()
        if found != expected:
            raise copies.NotEqual("the manifest")
        if found.kind == CENTRE:
            restored = copies.digests(route_of(found, folder), progress=progress)
            copies.refuse_different(expected.tables, restored)
        else:
            control.compare(folder, expected)
    return size


def route_of(manifest: Manifest, folder: Path) -> tenancy.Route:
    """Of the data of an unpacked backup."""
    return tenancy.Route(
        tenant_id=manifest.tenant_id,
        slug=manifest.slug,
        state="maintenance",
        zone=manifest.zone,
        epoch=manifest.epoch,
        engine="sqlite",
        address=str(folder),
        namespace=copies.DATA,
        schema=manifest.schema,
    )


def manifest_of_centre(placement: Placement, copy: copies.Copy, at: datetime, *, secrets: bool) -> Manifest:
    """`secrets`: with what people log in with, scrambled as it is; else without."""
    tenant = Tenant.objects.get(pk=placement.pk)
    members = Membership.objects.filter(tenant_id=placement.pk).select_related("user").order_by("user_id")
    return Manifest(
        kind=CENTRE,
        installation=identity.own(),
        tenant_id=placement.pk,
        slug=placement.slug,
        taken_at=at,
        schema=placement.schema or namespaces.tenant_schema(),
        migrations=copies.applied(copy.path),
        data=packing.part_of(copies.DATA, copy.path),
        engine=placement.store.engine,
        epoch=placement.epoch,
        zone=placement.zone,
        facts={name: str(getattr(tenant, name)) for name in ("name", "country", "currency", "language")},
        tables=copy.tables,
        columns=_columns(copy.route),
        sequences=copy.sequences,
        people=[
            Person(user.pk, user.email, user.name, user.language, user.password if secrets else "")
            for user in (member.user for member in members)
        ],
        files=packing.files_of(placement.slug),
    )


def _columns(route: tenancy.Route) -> dict[str, list[list[str]]]:
    with copies.opened(route):
        return {
            model._meta.db_table: filesums.columns_of(rows.fields(model)) for model in rows.tables_there()
        }


def _centre(
    tenant_id: int, folder: Path, at: datetime, progress: Progress
) -> tuple[Manifest, packing.Content]:
    placement = placement_of(tenant_id)
    copy = copies.copy(placement.route(), folder, progress=progress)
    manifest = manifest_of_centre(placement, copy, at, secrets=True)
    return manifest, packing.content_of(placement.slug)


def placement_of(tenant_id: int) -> Placement:
    """Raises CentreGone."""
    placement = Placement.objects.select_related("store").filter(pk=tenant_id).first()
    if placement is None:
        raise CentreGone(f"there is no centre {tenant_id}")
    if not namespaces.exists(placement.route()):
        raise CentreGone(f"{placement.slug}: {placement.namespace} is not in {placement.store.name}")
    return placement


class _Stored:
    """Which places have it by now, and what the others said."""

    def __init__(self) -> None:
        self.took: list[places.Place] = []
        self.waiting: list[places.Place] = []
        self.outcome: dict[str, str] = {}

    @property
    def is_whole(self) -> bool:
        return all(said == "ok" for said in self.outcome.values())

    def complaint(self) -> str:
        return "; ".join(f"{at}: {said}" for at, said in self.outcome.items() if said != "ok")[:300]

    def hand_on(self, name: str) -> None:
        """From the place where it was proved to those that have not been asked yet."""
        for place in self.waiting:
            self.put(place, name, places.hand_on(self.took[0], name))

    def put(self, place: places.Place, name: str, fill: archives.base.Fill) -> bool:
        try:
            place.write(name, fill)
        except archives.AlreadyThere:
            pass
        except OSError as refused:
            self.outcome[place.address] = str(refused)[:200] or type(refused).__name__
            return False
        self.outcome[place.address] = "ok"
        self.took.append(place)
        return True


def _store(manifest: Manifest, data: Path, content: packing.Content, name: str, key: keys.Key) -> _Stored:
    """Into the first place that takes it. Raises NoPlace."""
    stored = _Stored()
    stored.waiting = places.every()
    while stored.waiting and not stored.took:
        place = stored.waiting.pop(0)
        stored.put(place, name, lambda put: packing.pack(put, manifest, data, content, key))
    if not stored.took:
        raise NoPlace(stored.complaint())
    return stored


def catch_up(backup: Backup) -> Backup:
    """Give a backup that is not everywhere to the places that lack it."""
    stored = _Stored()
    everywhere = places.every()
    for place in everywhere:
        try:
            has = place.has(backup.key)
        except OSError as away:
            stored.outcome[place.address] = str(away)[:200]
            continue
        (stored.took if has else stored.waiting).append(place)
        stored.outcome[place.address] = "ok" if has else "missing"
    if stored.took:
        stored.hand_on(backup.key)
    backup.places, backup.error = stored.outcome, stored.complaint()
    backup.state = State.DONE if stored.is_whole else State.PARTIAL
    backup.save(update_fields=["places", "error", "state"])
    return backup
