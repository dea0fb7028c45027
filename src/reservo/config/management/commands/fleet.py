from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess  # nosec B404: our own entry point
import sys
import time
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reservo.core.clock import now
from reservo.fleet import leasing
from reservo.fleet.models import MigrationRun, TenantMigration
from reservo.fleet.schemas import planning, queries, running, working

SAY_EVERY_SECONDS = 2.0
LEASE_ENDS_SECONDS = 12.0
MOST_PROCESSES = 64
FAILED, LATER = 1, 3
_PR_SET_PDEATHSIG = 1
State = TenantMigration.State


class Command(BaseCommand):
    help = "Versions of the tables of centres: who is behind, and bringing them up to this release while they work."

    def add_arguments(self, parser: CommandParser) -> None:
        does = parser.add_subparsers(dest="does", required=True)
        status = does.add_parser("status", help="who is behind; exit code 1 if anybody is")
        status.add_argument("--json", action="store_true")
        migrate = does.add_parser("migrate", help="canaries first, then the rest; goes on after a kill")
        migrate.add_argument("--canary", action="append", default=[], metavar="SLUG", help="may be repeated")
        migrate.add_argument(
            "--canaries",
            type=int,
            default=planning.CANARIES,
            metavar="N",
            help="chosen, of each store in turn",
        )
        migrate.add_argument("--processes", type=int, default=os.cpu_count() or 2)
        migrate.add_argument(
            "--json", action="store_true", help="a line of JSON now and then, the last is the result"
        )
        work = does.add_parser("work", help="a process of a run; `migrate` starts it")
        work.add_argument("run", type=int)
        work.add_argument("--canaries", action="store_true")

    def handle(self, *args: Any, does: str, **options: Any) -> None:
        getattr(self, f"_{does}")(**options)

    def _work(self, run: int, canaries: bool, **options: Any) -> None:
        working.work(MigrationRun.objects.get(pk=run), canaries=canaries, clock=now)

    def _migrate(self, canary: list[str], canaries: int, processes: int, json: bool, **options: Any) -> None:
        if not 1 <= processes <= MOST_PROCESSES or canaries < 0:
            raise CommandError(f"--processes is 1 to {MOST_PROCESSES}, --canaries 0 or more")
        if not queries.count_behind() and not _was_stopped():
            return self._all_up_to_date(json)
        wish = running.Wish(canaries=canary, canary_count=canaries, processes=processes)
        say = _Saying(self.stdout, json)
        try:
            run = _patiently(lambda: running.run(wish, _start, clock=now, progress=say))
        except leasing.HeldByAnother as held:
            raise CommandError("another `fleet migrate` is under way; see `reservo fleet status`") from held
        except planning.UnknownCentre as unknown:
            raise CommandError(f"there is no centre {unknown}") from unknown
        except running.WorkersEnd as ended:
            raise CommandError("its processes end again and again; see their messages above") from ended
        self._end(run, json)

    def _all_up_to_date(self, as_json: bool) -> None:
        said = {"behind": 0}
        self.stdout.write(json.dumps(said) if as_json else "every centre is up to date; nothing was touched")

    def _end(self, run: MigrationRun, as_json: bool) -> None:
        found = queries.progress(run)
        bad = queries.outcomes(run, State.FAILED)
        later = queries.outcomes(run, State.LATER)
        if as_json:
            self.stdout.write(_json(found, failed_centres=bad, later_centres=later))
        else:
            self._say_end(found, bad, later)
        if found.failed:
            sys.exit(FAILED)
        if found.later:
            sys.exit(LATER)

    def _say_end(
        self, found: queries.Progress, bad: list[queries.Outcome], later: list[queries.Outcome]
    ) -> None:
        for one in bad:
            self.stdout.write(f"FAILED {one.slug}: {one.error}")
        for one in later:
            self.stdout.write(f"later  {one.slug}: {one.error}")
        if found.state == MigrationRun.State.STOPPED:
            self.stdout.write("a canary failed: the others were left alone")
        seconds = ((found.finished_at or found.started_at) - found.started_at).total_seconds()
        self.stdout.write(
            f"{found.done} of {found.total} centres migrated in {seconds:.1f} s, {found.failed} failed,"
            f" {found.later} later, {found.waiting} left alone"
        )

    def _status(self, json: bool, **options: Any) -> None:
        versions, count, runs = queries.versions(), queries.count_behind(), queries.runs(1)
        if json:
            self.stdout.write(
                _json(None, behind=count, versions=versions, centres=queries.behind(), runs=runs)
            )
        else:
            self._say_status(versions, runs)
        if count:
            sys.exit(1)

    def _say_status(self, versions: list[queries.Version], runs: list[queries.Progress]) -> None:
        for one in versions:
            self.stdout.write(f"{one.centres:>7} centres of {one.schema or 'unknown':16} {_words(one)}")
        for late in queries.behind():
            self.stdout.write(
                f"        {late.slug} in {late.store}" + (f": {late.why_later}" if late.why_later else "")
            )
        for run in runs:
            ended = f"ended {run.finished_at:%Y-%m-%d %H:%M}" if run.finished_at else "not ended"
            self.stdout.write(
                f"last run: {run.state}, {run.done} of {run.total} done, {run.failed} failed, {run.later} later,"
                f" began {run.started_at:%Y-%m-%d %H:%M}, {ended}"
            )


def _words(version: queries.Version) -> str:
    if version.is_this_release:
        return "this release's"
    if version.is_newer:
        return "a later release's"
    if version.lacking is None:
        return "not known: `fleet migrate` looks"
    if not version.lacking:
        return "not recorded as this release's, though it lacks nothing"
    return f"behind by {', '.join(version.lacking)}"


def _was_stopped() -> bool:
    return any(run.is_open for run in queries.runs(1))


def _patiently(work: Any) -> Any:
    """A run that was killed holds its lease for some seconds more."""
    until = time.monotonic() + LEASE_ENDS_SECONDS
    while True:
        try:
            return work()
        except leasing.HeldByAnother:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def _start(run: MigrationRun, canaries: bool) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-m", "reservo", "fleet", "work", str(run.pk)]
    return subprocess.Popen(  # noqa: S603  # nosec B603: our own entry point
        [*argv, *(["--canaries"] if canaries else [])], preexec_fn=_end_with_parent
    )


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class _Saying:
    """A line now and then."""

    def __init__(self, out: Any, as_json: bool) -> None:
        self._out, self._as_json = out, as_json
        self._began = self._said = time.monotonic()
        self._done_before: int | None = None

    def __call__(self, found: queries.Progress) -> None:
        if self._done_before is None:
            self._done_before = found.done
        at = time.monotonic()
        if at - self._said < SAY_EVERY_SECONDS:
            return
        self._said = at
        self._out.write(_json(found) if self._as_json else self._line(found, at - self._began))
        self._out.flush()

    def _line(self, found: queries.Progress, seconds: float) -> str:
        rate = (found.done - (self._done_before or 0)) / seconds
        left = found.waiting + found.running
        about = f", about {left / rate / 60:.1f} min left" if rate else ""
        return (
            f"{found.state:8} {found.done} of {found.total} done, {found.failed} failed, {found.later} later,"
            f" {rate:.1f}/s{about}"
        )


def _json(found: queries.Progress | None, **more: Any) -> str:
    plain = asdict(found) if found else {}
    for name, value in more.items():
        plain[name] = [asdict(one) for one in value] if isinstance(value, list) else value
    return json.dumps(plain, default=str)
