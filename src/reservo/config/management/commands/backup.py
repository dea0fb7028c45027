import os
from typing import Any

from django.core.management.base import CommandError, CommandParser

from reservo.adapters import archives
from reservo.config.commands import LongCommand
from reservo.config.refusals import refusals
from reservo.core.clock import now
from reservo.fleet.backups import running
from reservo.tenancy.models import Placement


class Command(LongCommand):
    """Also reached as `reservo tenants backup`."""

    help = "Take a backup now: of a centre, of all of them, or of the control plane."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", nargs="?", default="")
        parser.add_argument("--all", action="store_true", help="every centre, then the control plane")
        parser.add_argument("--control", action="store_true", help="the control plane alone")

    def handle(self, *args: Any, slug: str, **options: Any) -> None:
        with refusals():
            complaints = [self._take(tenant_id, name) for tenant_id, name in self._wanted(slug, options)]
        if said := [complaint for complaint in complaints if complaint]:
            raise CommandError(f"{len(said)} of {len(complaints)} are not as they should be: {said[0]}")

    def _wanted(self, slug: str, options: dict[str, Any]) -> list[tuple[int, str]]:
        if options["control"]:
            return [(0, "")]
        placements = Placement.objects.order_by("slug")
        if options["all"]:
            return [*placements.values_list("pk", "slug"), (0, "")]
        found = list(placements.filter(slug=slug).values_list("pk", "slug"))
        if not found:
            raise CommandError(
                f"there is no centre {slug}" if slug else "which centre? or --all, or --control"
            )
        return found

    def _take(self, tenant_id: int, slug: str) -> str:
        backup = running.begin(tenant_id, slug, f"command:{os.getpid()}", at=now())
        if running.run(backup):
            self.stdout.write(
                f"{slug or 'control plane'}: {backup.rows} rows, {backup.stored_bytes} bytes,"
                f" {backup.seconds:.2f} s; {backup.get_verdict_display()}"
            )
            for place, said in backup.places.items():
                self.stdout.write(
                    f"  ok {archives.within(place, backup.key)}"
                    if said == "ok"
                    else f"  NOT in {place}: {said}"
                )
        return backup.error and f"{slug or 'control plane'}: {backup.error}"
