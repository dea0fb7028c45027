import csv
import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from reservo.config.commands import LongCommand
from reservo.config.refusals import refusals
from reservo.core.clock import now
from reservo.foreign import mapping as mappings
from reservo.foreign import planning, running
from reservo.foreign import source as sources
from reservo.foreign.mapping import Mapping
from reservo.foreign.models import Import
from reservo.foreign.source import Source

SAY_EVERY_SECONDS = 1.0
LEASE_ENDS_SECONDS = 15.0
_COLUMNS = ("kind", "foreign_id", "outcome", "field", "reason", "detail")


class Command(LongCommand):
    """Also reached as `reservo import shared-database`."""

    help = "Bring centres out of a foreign database in which the rows of all customers stand together."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("mapping", type=Path, help="the mapping file: docs/operations/import.md")
        parser.add_argument("slug", nargs="?", default="", help="one [[centre]] of the mapping")
        parser.add_argument(
            "--at-most", type=int, default=0, help="so many of the list, in turn, instead of one"
        )
        parser.add_argument(
            "--most-rejected",
            type=float,
            help="percent of a kind that may be rejected; else as in the mapping",
        )
        does = parser.add_mutually_exclusive_group()
        for name, words in (
            ("dry-run", "check everything, write nothing"),
            ("status", "how far it is, or how it ended"),
            ("report", "what was not brought as it was, row by row, as CSV"),
            ("abort", "remove what an import that is not over has made"),
        ):
            does.add_argument(
                f"--{name}", dest="does", action="store_const", const=name.replace("-", "_"), help=words
            )

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["slug"]) == bool(options["at_most"]):
            raise CommandError("name one centre, or say --at-most N")
        try:
            with refusals():
                self._do(mappings.read(options["mapping"]), options)
        except KeyboardInterrupt as stopped:
            raise CommandError("stopped; the same command goes on, --abort gives up") from stopped

    def _do(self, mapping: Mapping, options: dict[str, Any]) -> None:
        if options["at_most"]:
            self._some(mapping, options)
        elif options["does"]:
            getattr(self, f"_{options['does']}")(mapping, options["slug"])
        else:
            self._one(mapping, options["slug"], options["most_rejected"])

    def _some(self, mapping: Mapping, options: dict[str, Any]) -> None:
        """One that fails does not keep the others."""
        if options["does"] not in (None, "dry_run", "status"):
            raise CommandError(f"--{options['does']} is for one centre")
        slugs = (
            [one.slug for one in mapping.centres]
            if options["does"] == "status"
            else planning.waiting(mapping)
        )
        failed = []
        for slug in slugs[: options["at_most"]]:
            try:
                with refusals():
                    self._do(mapping, {**options, "at_most": 0, "slug": slug})
            except CommandError as refused:
                self.stderr.write(f"{slug}: {refused}")
                failed.append(slug)
        if failed:
            raise CommandError(f"not brought: {', '.join(failed)}")

    def _one(self, mapping: Mapping, slug: str, most_rejected: float | None) -> None:
        """Said again of one that is over, it shows how that ended: a kill may have hidden it."""
        if over := planning.done(slug):
            self._show(over)
            return
        with sources.opened(mapping.address) as source:
            begun = planning.plan(mapping, slug, source, at=now())
            self._show(self._run(begun, mapping, source, most_rejected))

    def _run(self, begun: Import, mapping: Mapping, source: Source, most_rejected: float | None) -> Import:
        """An importer that was killed holds its lease for some seconds more."""
        until = time.monotonic() + LEASE_ENDS_SECONDS
        while True:
            try:
                return running.run(
                    begun,
                    mapping,
                    source,
                    clock=now,
                    most_rejected_percent=most_rejected,
                    progress=self._says(),
                )
            except running.AlreadyImporting:
                if time.monotonic() > until:
                    raise
                time.sleep(1)

    def _says(self) -> Any:
        said = 0.0

        def say(kind: str, rows: int) -> None:
            nonlocal said
            if time.monotonic() - said >= SAY_EVERY_SECONDS:
                said = time.monotonic()
                self.stdout.write(f"{kind:14} {rows:>10} rows read")
                self.stdout.flush()

        return say

    def _dry_run(self, mapping: Mapping, slug: str) -> None:
        with sources.opened(mapping.address) as source:
            plan = planning.preview(mapping, slug, source)
        for kind, count in plan.rows.items():
            self.stdout.write(f"{count:>10} {kind}")
        self.stdout.write(
            f"{sum(plan.rows.values()):>10} rows of customer {plan.centre.customer}; nothing was done"
        )

    def _status(self, mapping: Mapping, slug: str) -> None:
        try:
            self._show(planning.import_of(slug))
        except planning.NoSuchImport:
            self.stdout.write(f"{slug} was not begun")

    def _show(self, begun: Import) -> None:
        self.stdout.write(f"{begun}")
        for name in ("store", "started_at", "ended_at", "error"):
            if getattr(begun, name):
                self.stdout.write(f"  {name:12} {getattr(begun, name)}")
        for kind, side in begun.report.items():
            words = (
                f"{name} {side[name]}" for name in ("foreign", "brought", "altered", "rejected", "left_out")
            )
            self.stdout.write(f"  {kind:14} {', '.join(words)}")

    def _report(self, mapping: Mapping, slug: str) -> None:
        begun = planning.import_of(slug)
        out = csv.writer(self.stdout, lineterminator="\n")
        out.writerow(_COLUMNS)
        for finding in planning.findings(begun):
            out.writerow([getattr(finding, name) for name in _COLUMNS])

    def _abort(self, mapping: Mapping, slug: str) -> None:
        self._show(running.abort(planning.import_of(slug), clock=now))
