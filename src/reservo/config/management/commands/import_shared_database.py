import csv
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reservo.core.clock import now
from reservo.foreign import mapping as mappings
from reservo.foreign import planning, running
from reservo.foreign import source as sources
from reservo.foreign.mapping import BadMapping, Mapping
from reservo.foreign.models import Import
from reservo.foreign.source import Source, SourceGone
from reservo.foreign.verifying import NotEqual
from reservo.tenancy.servers import StoreUnavailable
from reservo.tenancy.slugs import BadSlug
from reservo.tenants import operations, stores

SAY_EVERY_SECONDS = 1.0
LEASE_ENDS_SECONDS = 15.0
_COLUMNS = ("kind", "foreign_id", "outcome", "field", "reason", "detail")
_REFUSALS = (
    BadMapping,
    BadSlug,
    NotEqual,
    OSError,
    SourceGone,
    StoreUnavailable,
    operations.BadTenant,
    operations.StateContested,
    operations.TenantExists,
    planning.CannotImport,
    planning.NoSuchImport,
    running.AlreadyImporting,
    running.TooManyRejected,
    stores.NoRoom,
    stores.UnknownStore,
)


class Command(BaseCommand):
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
            mapping = mappings.read(options["mapping"])
            if options["at_most"]:
                self._some(mapping, options)
            elif options["does"]:
                getattr(self, f"_{options['does']}")(mapping, options["slug"])
            else:
                self._one(mapping, options["slug"], options["most_rejected"])
        except _REFUSALS as refused:
            raise CommandError(f"{type(refused).__name__}: {refused}") from refused

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
                if options["does"]:
                    getattr(self, f"_{options['does']}")(mapping, slug)
                else:
                    self._one(mapping, slug, options["most_rejected"])
            except _REFUSALS as refused:
                self.stderr.write(f"{slug}: {type(refused).__name__}: {refused}")
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
        out = csv.writer(self.stdout, lineterminator="\n")
        out.writerow(_COLUMNS)
        for finding in planning.findings(planning.import_of(slug)):
            out.writerow([getattr(finding, name) for name in _COLUMNS])

    def _abort(self, mapping: Mapping, slug: str) -> None:
        self._show(running.abort(planning.import_of(slug), clock=now))
