import json
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reservo import tenancy
from reservo.config.commands_backup import moment
from reservo.jobs import recurring
from reservo.tenancy import directory

LONGEST = timedelta(days=366)


class Command(BaseCommand):
    help = "`schedule preview`: when each recurring job of a centre fires."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["preview"])
        parser.add_argument("--tenant", required=True)
        parser.add_argument("--from", dest="start", required=True, type=moment)
        parser.add_argument("--to", dest="end", required=True, type=moment)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, tenant: str, start: datetime, end: datetime, **options: Any) -> None:
        from reservo.config.schedule import ENTRIES

        if end <= start or end - start > LONGEST:
            raise CommandError(f"--to must be after --from, by at most {LONGEST.days} days")
        route = directory.find(tenant)
        if route is None:
            raise CommandError(f"there is no centre {tenant}")
        with tenancy.activate(route):
            rows = recurring.preview(ENTRIES, start, end)
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2))
            return
        for row in rows:
            self.stdout.write(
                f"{row['local']}  {row['utc']}  {row['job']:14} {row['branch']:20} {row['zone']}"
            )
