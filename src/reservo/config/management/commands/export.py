from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from reservo.config.commands import LongCommand
from reservo.config.commands_backup import dots
from reservo.config.refusals import refusals
from reservo.core.clock import now
from reservo.fleet import exports


class Command(LongCommand):
    """Also reached as `reservo tenants export`."""

    help = "Write a centre whole, in the open format of docs/operations/export-format.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--to", required=True, type=Path, help="a new .zip, or else a new directory")

    def handle(self, *args: Any, slug: str, to: Path, **options: Any) -> None:
        with refusals():
            manifest = exports.write(slug, to, at=now(), progress=dots(self.stderr))
        self.stdout.write(
            f"{to}: {manifest.rows} rows in {len(manifest.tables)} tables, {len(manifest.files)} files"
        )
