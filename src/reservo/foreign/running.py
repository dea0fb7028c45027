"""Carrying an import out, from wherever it stands.

planned → placed → copying → copied → verified → done. Each step can be done again: one that was killed is followed by
another run that goes on, or by `abort`, which removes what was made. The centre is in maintenance until the end.
One of which too much was rejected is `refused`: it waits, closed, for a higher limit or for `abort`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from reservo import tenancy
from reservo.audit.operations import record
from reservo.catalog.models import Branch
from reservo.fleet import leasing
from reservo.foreign import copying, planning, settling, verifying
from reservo.foreign.batches import World
from reservo.foreign.mapping import Centre, Mapping
from reservo.foreign.models import Import
from reservo.foreign.planning import CannotImport, NoSuchImport
from reservo.foreign.source import Source
from reservo.jobs import recurring
from reservo.staff import operations as staff
from reservo.staff import rights
from reservo.staff.models import Role
from reservo.staff.operations import Place
from reservo.tenancy.models import Placement
from reservo.tenants import operations

State = Import.State
Clock = Callable[[], datetime]
LONGEST_ERROR = 300


class AlreadyImporting(RuntimeError):
    """Another process brings this centre at this moment."""


class TooManyRejected(RuntimeError):
    """More of a kind was rejected than the limit allows: the centre stays closed. The message names the kinds."""


def run(
    begun: Import,
    mapping: Mapping,
    source: Source,
    *,
    clock: Clock,
    most_rejected_percent: float | None = None,
    progress: copying.Progress = lambda kind, rows: None,
) -> Import:
    """Go on until the centre is open.

    Raises TooManyRejected, NotEqual, SourceGone, AlreadyImporting, and what making a centre does; the import stays
    open and can be run again.
    """
    percent = mapping.most_rejected_percent if most_rejected_percent is None else most_rejected_percent
    try:
        with leasing.held(_name(begun), clock):
            begun.refresh_from_db()
            _through(begun, mapping, source, percent, clock, progress)
    except leasing.HeldByAnother as other:
        raise AlreadyImporting(begun.slug) from other
    except Exception as failed:
        _save(begun, begun.state, error=f"{type(failed).__name__}: {failed}"[:LONGEST_ERROR])
        raise
    return begun


def abort(begun: Import, *, clock: Clock) -> Import:
    """Remove what was made. Raises NoSuchImport (it is over), CannotImport (the centre is open), AlreadyImporting."""
    try:
        with leasing.held(_name(begun), clock):
            begun.refresh_from_db()
            if begun.open_for is None:
                raise NoSuchImport(begun.slug)
            placement = Placement.objects.select_related("store").filter(pk=begun.placement_id).first()
            if placement is not None:
                _refuse_open(placement)
                operations.take_back(placement)
            _save(begun, State.ABORTED, open_for=None, ended_at=clock())
    except leasing.HeldByAnother as other:
        raise AlreadyImporting(begun.slug) from other
    return begun


def _refuse_open(placement: Placement) -> None:
    """Killed after the opening: people may have worked in it."""
    if placement.state == Placement.State.ACTIVE:
        raise CannotImport(f"{placement.slug} is open already: run the import again to end it")


def _name(begun: Import) -> str:
    return f"import:{begun.pk}"


def _through(
    begun: Import,
    mapping: Mapping,
    source: Source,
    percent: float,
    clock: Clock,
    progress: copying.Progress,
) -> None:
    if begun.open_for is None:
        raise NoSuchImport(begun.slug)
    if begun.state == State.PLANNED:
        planning.reserve(begun, mapping.centre(begun.slug))
        begun.refresh_from_db()
    if begun.state == State.PLACED:
        _make(begun)
    if begun.state == State.COPYING:
        _copy(begun, mapping, source, progress)
    if begun.state in (State.COPIED, State.REFUSED):
        _verify(begun, mapping, source, percent)
    if begun.state == State.VERIFIED:
        _open(begun, clock)
        _invite(begun, mapping.centre(begun.slug), clock)
        _save(begun, State.DONE, open_for=None, ended_at=clock(), error="")


def _make(begun: Import) -> None:
    route = planning.route_of(begun)
    operations.found_in(route)
    with tenancy.activate(route), tenancy.atomic():
        Branch.objects.all().delete()
    _save(begun, State.COPYING)


def _copy(begun: Import, mapping: Mapping, source: Source, progress: copying.Progress) -> None:
    with tenancy.activate(planning.route_of(begun)):
        settling.go_on_from_foreign_numbers(mapping, begun.customer, source)
        copying.bring_all(mapping, begun.customer, source, World(begun.started_at), progress)
        settling.settle()
        settling.go_on_from_foreign_numbers(mapping, begun.customer, source)
    _save(begun, State.COPIED)


def _verify(begun: Import, mapping: Mapping, source: Source, percent: float) -> None:
    with tenancy.activate(planning.route_of(begun)):
        sides = verifying.verify(mapping, begun.customer, source, World(begun.started_at))
    rows = sum(side.brought for side in sides.values())
    over = verifying.too_many_rejected(sides, percent)
    _save(begun, State.REFUSED if over else State.VERIFIED, report=verifying.as_report(sides), rows=rows)
    if over:
        raise TooManyRejected(", ".join(f"{kind} {sides[kind].rejected_percent:.1f} %" for kind in over))


def _open(begun: Import, clock: Clock) -> None:
    """The centre's own trail says it first: what opens twice says it twice, and no harm is done."""
    route = planning.route_of(begun)
    with tenancy.activate(route), tenancy.atomic():
        world = World(begun.started_at)
        record("centre.imported", "centre", by=world.by, at=clock(), details={"customer": begun.customer})
    operations.set_state(begun.slug, Placement.State.ACTIVE, reason="imported", at=clock())
    recurring.look_again(route.tenant_id, clock())


def _invite(begun: Import, centre: Centre, clock: Clock) -> None:
    """The administrator whom the mapping names, by mail; nobody, if they are there already."""
    if not centre.admin_email:
        return
    with tenancy.activate(planning.route_of(begun)):
        place = Place(role_id=Role.objects.get(builtin=rights.ADMINISTRATOR).pk)
        name = centre.admin_name or centre.admin_email
        with suppress(staff.AlreadyStaff):
            staff.invite(name, centre.admin_email, place, by=World(begun.started_at).by, at=clock())


def _save(begun: Import, state: str, **values: object) -> None:
    begun.state = state
    for name, value in values.items():
        setattr(begun, name, value)
    begun.save(update_fields=["state", *values])
