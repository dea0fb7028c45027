from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from reservo.config.commands import LongCommand
from reservo.config.commands_backup import dots
from reservo.config.refusals import refusals
from reservo.core.clock import now
from reservo.fleet import exports


class Command(LongCommand):
    """Also reached as `reservo tenants import`."""

    help = "A new centre of an export, which may be another operator's."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="its address here")
        parser.add_argument("--from", dest="source", required=True, type=Path, help="a .zip or a directory")
        parser.add_argument(
            "--store", default="", help="where its data go; default: the first pool with room"
        )

    def handle(self, *args: Any, slug: str, source: Path, store: str, **options: Any) -> None:
        with refusals():
            exports.take_in(slug, source, store=store, at=now(), progress=dots(self.stderr))
        self.stdout.write(f"{slug} is there, in maintenance: reservo tenants state {slug} active")
