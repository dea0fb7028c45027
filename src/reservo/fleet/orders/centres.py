"""Moves and restores as orders: what the commands do at once, a porter does when it is asked."""

from __future__ import annotations

from collections.abc import Callable

from reservo import tenancy
from reservo.audit.operations import record
from reservo.core.actor import Actor
from reservo.fleet import moves
from reservo.fleet.backups import restoring, sources
from reservo.fleet.models import Backup, Move, Order, Restore
from reservo.fleet.orders import asking
from reservo.fleet.orders.carrying import Clock, carries
from reservo.fleet.orders.endings import Ended
from reservo.tenancy import directory
from reservo.tenancy.models import Placement


class CalledOff(Exception):
    """Somebody asked the porter to give up."""


@carries(asking.MOVE)
def move(order: Order, clock: Clock) -> Ended:
    """To its end, from wherever it stands; what goes wrong stands at the move too, which stays open."""
    found = Move.objects.get(pk=order.facts["move"])
    if not found.is_open:
        return _ended(found)
    Move.objects.filter(pk=found.pk).update(error="")
    try:
        found = moves.run(found, clock=clock, progress=_unless_stopped(order))
    except CalledOff:
        return _ended(moves.abort(found, clock=clock))
    except Exception as wrong:
        Move.objects.filter(pk=found.pk).update(error=f"{type(wrong).__name__}: {wrong}"[:300])
        raise
    return _ended(found)


def _ended(move: Move) -> Ended:
    if move.state == Move.State.ABORTED:
        return Ended("aborted")
    return Ended("moved", rows=move.rows, pause=move.report.get("pause_seconds", "?"))


def _unless_stopped(order: Order) -> Callable[[Move], None]:
    """Looks after every step, until the flip: what comes after it is done in any case."""

    def progress(move: Move) -> None:
        is_before_flip = move.state not in (Move.State.FLIPPED, Move.State.DONE)
        if is_before_flip and Order.objects.filter(pk=order.pk, stop_asked=True).exists():
            raise CalledOff(str(move))

    return progress


@carries(asking.MOVE_ABORT)
def abort_move(order: Order, clock: Clock) -> Ended:
    found = Move.objects.get(pk=order.facts["move"])
    if found.state == Move.State.ABORTED:
        return _ended(found)
    return _ended(moves.abort(found, clock=clock))


@carries(asking.RESTORE)
def restore(order: Order, clock: Clock) -> Ended:
    """A restore that a killed porter brought to its end is not done twice: people have written since."""
    if order.attempts > 1 and (done := _restored_since(order)):
        return _restored(done)
    if order.attempts > 1:
        _give_up_half(order, clock)
    backup = Backup.objects.get(pk=order.facts["backup"])
    done = restoring.over_itself(order.name, sources.kept(backup), clock=clock)
    _note_in_centre(order, done, clock)
    return _restored(done)


@carries(asking.RESTORE_AS_NEW)
def restore_as_new(order: Order, clock: Clock) -> Ended:
    slug = order.facts["new"]
    if order.attempts > 1 and _is_made(slug):
        return Ended("made", centre=slug)
    backup = Backup.objects.get(pk=order.facts["backup"])
    restoring.as_new(slug, sources.kept(backup), store=order.facts.get("store", ""), clock=clock)
    return Ended("made", centre=slug)


@carries(asking.RESTORE_UNDO)
def undo_restore(order: Order, clock: Clock) -> Ended:
    found = Restore.objects.get(pk=order.facts["restore"])
    if found.state != Restore.State.UNDONE:
        restoring.undo(order.name, clock=clock)
    return Ended("undone")


def _restored(done: Restore) -> Ended:
    return Ended("restored", data_of=f"{done.data_of:%Y-%m-%d %H:%M}")


def _restored_since(order: Order) -> Restore | None:
    since = order.began_at or order.asked_at
    done = Restore.objects.filter(slug=order.name, state=Restore.State.DONE, started_at__gte=since)
    return done.order_by("-pk").first()


def _note_in_centre(order: Order, done: Restore, clock: Clock) -> None:
    """The centre reads in its own trail that its data are of an earlier moment, by whom and why."""
    route = directory.find(order.name)
    if route is None:
        return
    by = Actor("operator", order.asked_by_id, order.asked_by, "console")
    details = {"to": done.data_of.isoformat(timespec="minutes"), "reason": order.reason}
    with tenancy.activate(route), tenancy.atomic():
        record("centre.restored", "centre", "", by=by, at=clock(), details=details)


def _give_up_half(order: Order, clock: Clock) -> None:
    try:
        restoring.abort(order.name, at=clock())
    except restoring.CannotRestore:
        return


def _is_made(slug: str) -> bool:
    """Whether a killed porter made it to its end; what it left half made is taken away."""
    if slug in {placement.slug for placement in restoring.unfinished()}:
        restoring.take_back(slug)
    return Placement.objects.filter(slug=slug).exists()
