from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from reservo.config import environment
from reservo.config.commands_backup import dots
from reservo.core.clock import now
from reservo.fleet import controlplane, copies
from reservo.jobs.models import Heartbeat
from reservo.tenancy.backends.control import places
from reservo.tenancy.backends.control.answering import ControlAway
from reservo.tenancy.context import CONTROL_ALIAS

AT_WORK = timedelta(seconds=30)


class Command(BaseCommand):
    help = "show | copy: where the control plane lives; copy it to a server (offline)"

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        what.add_parser("show")
        copy = what.add_parser(
            "copy", help="all rows into an empty database, compared there; nothing may be running"
        )
        copy.add_argument(
            "--to", required=True, help="postgresql://… or mariadb://…, or the path of a new file"
        )
        copy.epilog = "Its password: in the address, or in the file that RESERVO_CONTROL_PASSWORD_FILE names."

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        getattr(self, f"_{what}")(options)

    def _show(self, options: dict[str, Any]) -> None:
        database = connections[CONTROL_ALIAS]
        database.ensure_connection()
        version = ".".join(map(str, database.get_database_version()))
        self.stdout.write(f"{places.told(database.settings_dict)}\n{database.display_name} {version}")

    def _copy(self, options: dict[str, Any]) -> None:
        target = self._target(options["to"])
        self._refuse_at_work()
        try:
            tables = controlplane.copy(target, progress=dots(self.stdout))
        except (ControlAway, OSError) as refused:
            why = " ".join(str(refused).split())
            raise CommandError(f"nothing was copied to {places.told(target)}: {why}") from refused
        except controlplane.SamePlace as same:
            raise CommandError(f"{same} is where the control plane is") from same
        except controlplane.NotEmpty as there:
            raise CommandError(f"{there} holds an installation already; nothing was changed") from there
        except copies.NotEqual as different:
            raise CommandError(f"not equal after copying, nothing was kept: {different}") from different
        for name, found in tables.items():
            self.stdout.write(f"{name:32} {found.count:>9} rows  {found.total:032x}")
        self.stdout.write(
            f"equal: {len(tables)} tables, {sum(found.count for found in tables.values())} rows"
        )
        self._leave()
        if places.is_file(target):
            self.stdout.write(f"put it at {places.FILE} of the data directory and unset RESERVO_CONTROL_URL")
        else:
            self.stdout.write(f"from now on: RESERVO_CONTROL_URL={places.told(target)}, with its password")

    def _target(self, to: str) -> dict[str, Any]:
        if "://" not in to:
            return places.in_file(Path(to).resolve())
        try:
            return places.at(to, password=environment.content_of("RESERVO_CONTROL_PASSWORD_FILE"))
        except places.BadPlace as bad:
            raise CommandError(f"--to: {bad}") from bad

    def _refuse_at_work(self) -> None:
        alive = Heartbeat.objects.filter(at__gt=now() - AT_WORK).order_by("-at").first()
        if alive:
            raise CommandError(
                f"{alive.process} gave a sign of life {(now() - alive.at).total_seconds():.0f} s ago:"
                " stop everything that runs on this control plane, wait half a minute, and repeat"
            )

    def _leave(self) -> None:
        here = settings.DATABASES[CONTROL_ALIAS]
        if not places.is_file(here):
            return
        connections[CONTROL_ALIAS].close()
        file = Path(here["NAME"])
        left = file.rename(controlplane.left_behind(file))
        self.stdout.write(f"{file.name} is {left.name} now, so that nothing goes on with it by mistake")
