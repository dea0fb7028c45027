"""Carrying a move out, from wherever it stands.

planned → copying → following → verified → paused → flipped → done. Each step can be done again: a mover that was
killed is followed by another that goes on (`run`) or gives up (`abort`). Until the flip the centre works at its old
place; after it, at the new one.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, InterfaceError, OperationalError, models

from reservo import tenancy
from reservo.fleet import journal, rows, sequences, snapshots
from reservo.fleet.models import Move
from reservo.fleet.moves.alone import alone, refuse_if_lost
from reservo.fleet.moves.planning import NoSuchMove, source_route, target_route
from reservo.fleet.schemas import applying
from reservo.fleet.schemas import planning as schemas
from reservo.tenancy import connections, directory, namespaces
from reservo.tenancy.models import NamespaceEpoch, Placement, Store
from reservo.tenancy.servers import StoreUnavailable

NEAR = 200
MOST_LAPS = 1_000
State = Move.State
Progress = Callable[[Move], None]
Current = dict[type[models.Model], list[rows.Row]]


class NotEqual(RuntimeError):
    """Both sides differ at the same moment: nothing was flipped. The message names the tables."""


def run(move: Move, *, clock: Callable[[], datetime], progress: Progress = lambda move: None) -> Move:
    """Go on until it is done. Raises NotEqual, StoreUnavailable; the move stays open and can be run again."""
    steps = {
        State.PLANNED: _begin,
        State.COPYING: _copy,
        State.FOLLOWING: _follow_and_verify,
        State.VERIFIED: _pause_and_flip,
        State.FLIPPED: _finish,
    }
    with alone(move, clock):
        move.refresh_from_db()
        _settle_after_crash(move)
        while move.state in steps:
            steps[State(move.state)](move, clock, progress)
            move.refresh_from_db()
            progress(move)
    return move


def abort(move: Move, *, clock: Callable[[], datetime]) -> Move:
    """Give up: the centre goes on at its old place, what was copied is deleted (or named in the report, if it is away).

    Raises NoSuchMove after the flip, AlreadyMoving while a mover is at work.
    """
    with alone(move, clock):
        move.refresh_from_db()
        if not move.is_open or move.state in (State.FLIPPED, State.DONE):
            raise NoSuchMove(move.slug)
        if move.state == State.PAUSED:
            _reopen_source(move)
        with tenancy.activate(_as_it_is(source_route(move))):
            journal.end()
        _save(move, State.ABORTED, open_for=None, ended_at=clock(), report=_remove_copy(move))
    return move


def _remove_copy(move: Move) -> dict[str, Any]:
    """What the report says then."""
    try:
        namespaces.remove(target_route(move))
    except StoreUnavailable:
        return {
            **move.report,
            "copy_left": f"{move.target_namespace} in {move.target_store}, which does not answer",
        }
    return move.report


def _begin(move: Move, clock: object, progress: Progress) -> None:
    target = target_route(move)
    namespaces.remove(target)
    namespaces.create(target, loose=True)
    with tenancy.activate(target), tenancy.atomic():
        for model in reversed(rows.tables()):
            model._base_manager.all()._raw_delete("tenant")
    _bring_up_source(move)
    with tenancy.activate(_as_it_is(source_route(move))):
        journal.begin()
    _save(move, State.COPYING, schema=namespaces.tenant_schema())


def _bring_up_source(move: Move) -> None:
    """Both places have the tables of this release. Raises DatabaseError if others hold them: then run it again."""
    if schemas.is_behind(move.tenant_id):
        applying.bring_up(_as_it_is(source_route(move)))
        Placement.objects.filter(pk=move.tenant_id).update(schema=namespaces.tenant_schema())
        directory.forget(move.slug)


def _copy(move: Move, clock: object, progress: Progress) -> None:
    for model in rows.tables():
        name = model._meta.db_table
        position = move.positions.get(name)
        while page := _next_page(move, model, position):
            with tenancy.activate(target_route(move)), namespaces.loosely(target_route(move)):
                rows.write(model, page, again=True)
            position = rows.plain(page[-1][rows.columns(model).index(rows.key_of(model))])
            move.positions[name] = position
            move.rows += len(page)
            move.save(update_fields=["positions", "rows"])
            progress(move)
    _save(move, State.FOLLOWING)


def _next_page(move: Move, model: type[models.Model], position: object) -> list[rows.Row]:
    after = None if position is None else model._meta.pk.to_python(position)
    with tenancy.activate(_as_it_is(source_route(move))):
        return rows.page(model, after=after)


def _follow_and_verify(move: Move, clock: object, progress: Progress) -> None:
    for _ in range(MOST_LAPS):
        if _replay(move, journal.NOTES_AT_ONCE) < NEAR:
            break
        progress(move)
    with tenancy.activate(target_route(move)):
        namespaces.tighten(target_route(move))
    _verify(move)
    _save(move, State.VERIFIED)


def _replay(move: Move, limit: int | None) -> int:
    """Bring the target up to what the journal says; how many notes there were. Keeps the digests in step.

    Of a part of the notes, a row may have taken since what is another's at the target until a later note (a name that
    two services exchanged): then all of them are replayed at once, which is the source as it was at one moment.
    """
    try:
        return _replay_to(move, limit)
    except IntegrityError:
        if limit is None:
            raise
        return _replay_to(move, None)


def _replay_to(move: Move, limit: int | None) -> int:
    with tenancy.activate(_as_it_is(source_route(move))), snapshots.snapshot():
        notes, current = _changed(limit)
    _apply(move, notes, current)
    with tenancy.activate(_as_it_is(source_route(move))):
        journal.forget(notes)
    return len(notes.seqs)


def _changed(limit: int | None) -> tuple[journal.Notes, Current]:
    notes = journal.read(limit)
    return notes, {model: rows.with_keys(model, keys) for model, keys in notes.keys.items()}


def _apply(move: Move, notes: journal.Notes, current: Current) -> None:
    digests = {name: rows.Digest.from_json(pair) for name, pair in move.digests.items()}
    target = target_route(move)
    with tenancy.activate(target), namespaces.loosely(target), tenancy.atomic():
        for model in rows.tables():
            if model not in notes.keys:
                continue
            before = rows.with_keys(model, notes.keys[model]) if digests else []
            rows.replace(model, notes.keys[model], current[model])
            if digests:
                name = model._meta.db_table
                digests[name] = digests[name].minus(before).plus(current[model])
                _refuse_unlike(name, rows.with_keys(model, notes.keys[model]), current[model])
    if digests and notes.seqs:
        _keep(move, digests)


def _refuse_unlike(name: str, written: list[rows.Row], wanted: list[rows.Row]) -> None:
    if rows.Digest().plus(written) != rows.Digest().plus(wanted):
        raise NotEqual(name)


def _keep(move: Move, digests: dict[str, rows.Digest]) -> None:
    move.digests = {name: digest.as_json() for name, digest in digests.items()}
    move.save(update_fields=["digests"])


def _verify(move: Move) -> None:
    """Both sides at the same moment: a snapshot of the source and its journal, with which the target catches up."""
    with tenancy.activate(_as_it_is(source_route(move))), snapshots.snapshot():
        notes, current = _changed(None)
        expected = rows.digests()
    move.digests = {}
    _apply(move, notes, current)
    with tenancy.activate(_as_it_is(source_route(move))):
        journal.forget(notes)
    with tenancy.activate(target_route(move)):
        found = rows.digests()
    _refuse_different(expected, found)
    _keep(move, expected)


def _refuse_different(expected: dict[str, rows.Digest], found: dict[str, rows.Digest]) -> None:
    different = sorted(name for name in expected if expected[name] != found.get(name))
    if different:
        raise NotEqual(", ".join(different))


def _pause_and_flip(move: Move, clock: Callable[[], datetime], progress: Progress) -> None:
    """Writers are refused from the new epoch until the flip; only the last changes are copied meanwhile."""
    for _ in range(MOST_LAPS):
        if _replay(move, journal.NOTES_AT_ONCE) < NEAR:
            break
    given = _pass_on_sequences(move, {})
    _save(move, State.PAUSED)
    began = time.monotonic()
    _set_epoch(source_route(move), move.epoch_after)
    notes = 0
    while lap := _replay(move, None):
        notes += lap
    _pass_on_sequences(move, given)
    _set_epoch(target_route(move), move.epoch_after)
    _flip(move, clock)
    pause = round(time.monotonic() - began, 4)
    count = sum(pair[0] for pair in move.digests.values())
    move.report = {"pause_seconds": pause, "notes_in_pause": notes, "rows": count, "bytes": _size(move)}
    move.save(update_fields=["report"])


def _size(move: Move) -> int:
    """What the centre takes at its new place."""
    route = _as_it_is(target_route(move))
    with tenancy.activate(route):
        return namespaces.size_of(route)


def _pass_on_sequences(move: Move, known: dict[str, int]) -> dict[str, int]:
    """Next keys of the target follow those of the source; only what differs from `known` is written."""
    with tenancy.activate(_as_it_is(source_route(move))):
        given = sequences.last_given()
    changed = {name: value for name, value in given.items() if known.get(name) != value}
    with tenancy.activate(target_route(move)):
        sequences.go_on_from(changed)
    return given


def _set_epoch(route: tenancy.Route, epoch: int) -> None:
    """Waits for writers that are at work; those that come after are refused. Idempotent."""
    here = _as_it_is(route)
    if here.epoch != epoch:
        with tenancy.activate(here), tenancy.atomic():
            namespaces.wait_alone(here)
            NamespaceEpoch.objects.filter(pk=1).update(epoch=epoch)


def _flip(move: Move, clock: Callable[[], datetime]) -> None:
    with tenancy.control(), tenancy.atomic():
        refuse_if_lost(move)
        store = Store.objects.get(name=move.target_store)
        Placement.objects.filter(pk=move.tenant_id).update(
            store=store,
            namespace=move.target_namespace,
            epoch=move.epoch_after,
            schema=namespaces.tenant_schema(),
        )
        Move.objects.filter(pk=move.pk).update(state=State.FLIPPED, flipped_at=clock())
    directory.forget(move.slug)


def _finish(move: Move, clock: Callable[[], datetime], progress: Progress) -> None:
    """Nobody comes to the old place any more: it is closed and tidied there, unless its server is away."""
    try:
        _set_epoch(source_route(move), move.epoch_after)
        with tenancy.activate(source_route(move)):
            journal.end()
    except (StoreUnavailable, OperationalError, InterfaceError):
        move.report = {**move.report, "old_place": f"{move.source_store} does not answer"}
    connections.close_for(move.tenant_id)
    _save(move, State.DONE, open_for=None, ended_at=clock(), report=move.report)


def _settle_after_crash(move: Move) -> None:
    """What was verified or paused by a mover that is gone is verified anew."""
    if move.state == State.PAUSED:
        _reopen_source(move)
    if _was_of_another_release(move):
        with tenancy.activate(_as_it_is(source_route(move))):
            journal.end()
        _save(move, State.PLANNED, positions={}, digests={}, rows=0)
    elif move.state in (State.PAUSED, State.VERIFIED):
        _set_epoch(target_route(move), 0)
        _save(move, State.FOLLOWING, digests={})


def _was_of_another_release(move: Move) -> bool:
    """What was copied has other tables than the code knows: it begins again."""
    before_the_flip = move.state in (State.COPYING, State.FOLLOWING, State.VERIFIED, State.PAUSED)
    return before_the_flip and move.schema != namespaces.tenant_schema()


def _reopen_source(move: Move) -> None:
    """After a pause that came to nothing: the old place goes on under the next epoch."""
    _set_epoch(source_route(move), move.epoch_after)
    with tenancy.control(), tenancy.atomic():
        Placement.objects.filter(pk=move.tenant_id).update(epoch=move.epoch_after)
        Move.objects.filter(pk=move.pk).update(epoch_before=move.epoch_after)
    move.epoch_before = move.epoch_after
    directory.forget(move.slug)


def _as_it_is(route: tenancy.Route) -> tenancy.Route:
    """The place under whichever epoch it has: the mover follows it through the pause."""
    with tenancy.activate(route):
        found = NamespaceEpoch.objects.values_list("epoch", flat=True).get()
    return dataclasses.replace(route, epoch=found)


def _save(move: Move, state: str, **values: object) -> None:
    move.state = state
    for name, value in values.items():
        setattr(move, name, value)
    move.save(update_fields=["state", *values])
