from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reservo.config.refusals import refusals
from reservo.core.clock import now
from reservo.fleet.backups import places, rebuilding


class Command(BaseCommand):
    help = "Make a whole platform again, in an empty data directory, from a place of backups and the key."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="place", required=True, help="a place of backups")
        parser.add_argument("--installation", default="", help="whose, if the place holds several")
        parser.add_argument("--onto", default="", help="a store for centres whose own does not answer")

    def handle(self, *args: Any, place: str, installation: str, onto: str, **options: Any) -> None:
        from reservo.config.preparing import prepare

        try:
            with refusals():
                report = rebuilding.rebuild(
                    places.with_address(place),
                    installation=installation,
                    onto=onto,
                    clock=now,
                    say=lambda line: self.stdout.write(line),
                )
        except rebuilding.CannotRebuild as refused:
            raise CommandError(str(refused)) from refused
        prepare()
        self._tell(report)
        if report.failed:
            raise CommandError(
                f"{len(report.failed)} centres are missing; mend what is said above and run this again"
            )

    def _tell(self, report: rebuilding.Report) -> None:
        self.stdout.write(
            f"{len(report.restored)} centres restored, {len(report.kept)} kept, {len(report.failed)} missing"
            f" in {report.seconds} s"
        )
        self.stdout.write(
            f"the newest data are {_plain(report.behind)} old, the oldest {_plain(report.longest_behind)}"
        )
        self.stdout.write("everybody logs in again; mail that left after its backup may be sent once more")


def _plain(length: Any) -> str:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"
