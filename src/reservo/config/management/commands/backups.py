from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reservo.config.commands_backup import moment
from reservo.config.refusals import refusals
from reservo.core.clock import now
from reservo.fleet.backups import keeping, keys, places, sources
from reservo.fleet.models import Backup
from reservo.tenancy.models import Placement

MOST_LISTED = 200


class Command(BaseCommand):
    help = "list | look | check | tidy | key: what backups there are, and whether they can be relied on"

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        listing = what.add_parser("list", help="what was taken, and how it ended")
        listing.add_argument("slug", nargs="?", default="")
        look = what.add_parser("look", help="what a place holds, whoever wrote it; needs no key")
        look.add_argument("place")
        check = what.add_parser("check", help="read one back, restore it into scratch and compare")
        check.add_argument("slug", help="a centre, or `control`")
        check.add_argument("--at", type=moment)
        what.add_parser("tidy", help="remove from the first place what need not stay")
        what.add_parser("key", help="show the key, to be kept where the data are not")

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        with refusals():
            getattr(self, f"_{what}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        rows = Backup.objects.order_by("-pk")
        if options["slug"]:
            rows = rows.filter(slug="" if options["slug"] == "control" else options["slug"])
        found = rows[:MOST_LISTED]
        if options["slug"] and not found:
            raise CommandError(f"there is no backup of {options['slug']}")
        for row in found:
            at = f"{row.taken_at or row.next_at:%Y-%m-%d %H:%M}"
            state = "removed" if row.removed_at else row.state
            said = row.error or row.get_verdict_display()
            self.stdout.write(f"{row.slug or 'control':30} {at} {state:8} {row.stored_bytes:>12} {said}")

    def _look(self, options: dict[str, Any]) -> None:
        for source, header in sources.listed(places.with_address(options["place"])):
            who = header.get("slug") or "control"
            self.stdout.write(f"{header['taken_at']} {who:30} {header.get('installation')} {source.label}")

    def _check(self, options: dict[str, Any]) -> None:
        slug = options["slug"]
        tenant_id = (
            0
            if slug == "control"
            else Placement.objects.filter(slug=slug).values_list("pk", flat=True).first()
        )
        if tenant_id is None:
            raise CommandError(f"there is no centre {slug}")
        source = sources.newest(tenant_id, before=options["at"])
        with sources.opened(source) as backup:
            taken = backup.manifest.header()["taken_at"]
            self.stdout.write(f"{source.label}: of {taken}, {backup.manifest.rows} rows, sound")

    def _tidy(self, options: dict[str, Any]) -> None:
        count = sum(
            keeping.tidy(tenant_id, at=now())
            for tenant_id in (0, *Placement.objects.values_list("pk", flat=True))
        )
        self.stdout.write(f"{count} removed from {places.first().address}")

    def _key(self, options: dict[str, Any]) -> None:
        key = keys.current()
        self.stdout.write(f"{keys.VARIABLE}={key.text()}")
        self.stdout.write(f"# key {key.name}, from {key.came_from}")
