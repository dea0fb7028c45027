import time
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError, CommandParser

from reservo.config.commands import LongCommand
from reservo.config.refusals import refusals
from reservo.core.clock import now
from reservo.fleet import moves
from reservo.fleet.models import Move
from reservo.tenancy import directory

SAY_EVERY_SECONDS = 1.0
LEASE_ENDS_SECONDS = 15.0


class Command(LongCommand):
    """Also reached as `reservo tenants move`."""

    help = "Give a centre another place while it works."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--to", default="", help="the store it goes to")
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
        does = parser.add_mutually_exclusive_group()
        for name, words in (
            ("status", "how far it is, or how it ended"),
            ("resume", "go on after a mover that was stopped"),
            ("abort", "give up before the flip: the centre stays where it is"),
            ("compare", "once more: does the old place hold what was moved?"),
            ("forget", "delete the old place, seven days after the move"),
        ):
            does.add_argument(f"--{name}", dest="does", action="store_const", const=name, help=words)

    def handle(self, *args: Any, slug: str, to: str, dry_run: bool, does: str | None, **options: Any) -> None:
        try:
            with refusals():
                self._do(slug, to, dry_run=dry_run, does=does)
        except moves.AlreadyMoving as moving:
            raise CommandError(
                f"{slug} is being moved: --status; after a mover was killed --resume or --abort"
            ) from moving
        except moves.NoSuchMove as none:
            raise CommandError(_why_not(slug)) from none
        except KeyboardInterrupt as stopped:
            raise CommandError(
                f"stopped; `reservo tenants move {slug} --resume` goes on, --abort gives up"
            ) from stopped

    def _do(self, slug: str, to: str, *, dry_run: bool, does: str | None) -> None:
        if does:
            getattr(self, f"_{does}")(slug)
        elif not to:
            raise CommandError("--to STORE says where it goes")
        elif dry_run:
            self._preview(slug, to)
        else:
            self._run(moves.plan(slug, to, at=now()))

    def _preview(self, slug: str, to: str) -> None:
        plan = moves.preview(slug, to)
        for table, count in sorted(plan.rows.items(), key=lambda one: -one[1]):
            self.stdout.write(f"{count:>10} {table}")
        self.stdout.write(
            f"{sum(plan.rows.values()):>10} rows from {plan.source} to {plan.target}; nothing was done"
        )

    def _run(self, move: Move) -> None:
        said = 0.0

        def say(move: Move) -> None:
            nonlocal said
            if time.monotonic() - said >= SAY_EVERY_SECONDS:
                said = time.monotonic()
                self.stdout.write(f"{move.state:10} {move.rows:>10} rows")
                self.stdout.flush()

        self._show(moves.run(move, clock=now, progress=say))

    def _status(self, slug: str) -> None:
        self._show(moves.move_of(slug))

    def _show(self, move: Move) -> None:
        self.stdout.write(f"{move}")
        for name in ("rows", "started_at", "flipped_at", "ended_at", "source_removed_at", "error"):
            if getattr(move, name):
                self.stdout.write(f"{name:18} {getattr(move, name)}")
        for name, value in move.report.items():
            self.stdout.write(f"{name:18} {value}")

    def _resume(self, slug: str) -> None:
        self._after_its_mover(lambda: self._run(self._open(slug)))

    def _abort(self, slug: str) -> None:
        self._after_its_mover(lambda: self._show(moves.abort(self._open(slug), clock=now)))

    def _after_its_mover(self, carry_out: Callable[[], None]) -> None:
        """A mover that was killed holds its lease for some seconds more."""
        until = time.monotonic() + LEASE_ENDS_SECONDS
        while True:
            try:
                return carry_out()
            except moves.AlreadyMoving:
                if time.monotonic() > until:
                    raise
                time.sleep(1)

    def _open(self, slug: str) -> Move:
        move = moves.move_of(slug)
        if not move.is_open:
            raise moves.NoSuchMove(slug)
        return move

    def _compare(self, slug: str) -> None:
        move = moves.move_of(slug)
        if move.state != Move.State.DONE or move.source_removed_at:
            raise moves.NoSuchMove(slug)
        if not moves.compare_again(move):
            raise CommandError("the old place differs from what was moved; keep it and look")
        self.stdout.write("equal")

    def _forget(self, slug: str) -> None:
        moves.remove_source(moves.move_of(slug), at=now())
        self.stdout.write(f"the old place of {slug} is deleted")


def _why_not(slug: str) -> str:
    if directory.find(slug) is None:
        return f"there is no centre {slug}"
    try:
        return f"the last move of {slug} does not allow this: it is {moves.move_of(slug).state}"
    except moves.NoSuchMove:
        return f"{slug} was never moved"
