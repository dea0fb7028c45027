"""A run over the fleet: canaries first, then the rest by several processes; followed after a kill by the next one."""

from __future__ import annotations

import subprocess  # nosec B404: our own entry point
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from reservo.fleet import leasing
from reservo.fleet.models import MigrationRun, TenantMigration
from reservo.fleet.schemas import planning, queries

LEASE = "fleet-migrate"
POLL_SECONDS = 0.2
MOST_RESTARTS = 50
Phase = MigrationRun.State
Start = Callable[[MigrationRun, bool], "subprocess.Popen[bytes]"]
Progress = Callable[[queries.Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the operator asked for."""

    canaries: Iterable[str] = ()
    canary_count: int = planning.CANARIES
    processes: int


class WorkersEnd(RuntimeError):
    """The processes of the run end again and again: something is wrong with the machine."""


def run(
    wish: Wish, start: Start, *, clock: Callable[[], datetime], progress: Progress = lambda seen: None
) -> MigrationRun:
    """To its end. `start(run, canaries)` starts a process that does `working.work`.

    Raises HeldByAnother while another run is under way, UnknownCentre, WorkersEnd.
    """
    with leasing.held(LEASE, clock):
        found = planning.open_run(
            canaries=wish.canaries, count=wish.canary_count, processes=wish.processes, at=clock()
        )
        if found.state == Phase.CANARIES:
            _phase(found, start, True, progress)
            if found.centres.filter(is_canary=True, state=TenantMigration.State.FAILED).exists():
                return _end(found, Phase.STOPPED, clock)
            _save(found, Phase.REST)
        while True:
            _phase(found, start, False, progress)
            if not planning.add_newcomers(found, at=clock()):
                return _end(found, Phase.DONE, clock)


def _phase(run: MigrationRun, start: Start, canaries: bool, progress: Progress) -> None:
    """Processes that are gone are followed by others, and what they held is done again."""
    state = TenantMigration.State
    open_ones = run.centres.filter(is_canary=canaries, state__in=(state.WAITING, state.RUNNING))
    wanted = min(run.processes, open_ones.count())
    processes: list[subprocess.Popen[bytes]] = []
    started = 0
    try:
        while open_ones.exists():
            processes = _alive(run, processes)
            while len(processes) < min(wanted, open_ones.count()):
                if started > wanted + MOST_RESTARTS:
                    raise WorkersEnd(str(run))
                processes.append(start(run, canaries))
                started += 1
            progress(queries.progress(run))
            time.sleep(POLL_SECONDS)
    finally:
        for process in processes:
            process.terminate()
            process.wait()
    progress(queries.progress(run))


def _alive(run: MigrationRun, processes: list[subprocess.Popen[bytes]]) -> list[subprocess.Popen[bytes]]:
    for process in processes:
        if process.poll() is not None:
            held = run.centres.filter(state=TenantMigration.State.RUNNING, holder__endswith=f":{process.pid}")
            held.update(state=TenantMigration.State.WAITING, holder="")
    return [process for process in processes if process.poll() is None]


def _save(run: MigrationRun, state: str) -> None:
    run.state = state
    run.save(update_fields=["state"])


def _end(run: MigrationRun, state: str, clock: Callable[[], datetime]) -> MigrationRun:
    run.state, run.finished_at = state, clock()
    run.save(update_fields=["state", "finished_at"])
    return run
